#include "template/type_rules.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/text.h"
#include "template/expression/evaluate.h"
#include "template/expression/keep.h"
#include "template/names.h"

namespace testloom::templating {

namespace {

using enum ValueType;

bool is_numeric(ValueType type) { return type == boolean || type == integer || type == number; }
bool is_sequence(ValueType type) { return type == text || type == list || type == tuple; }

std::optional<Mistake> mistake(std::string message, std::string hint = {}) {
  return Mistake{std::nullopt, std::move(message), std::move(hint)};
}

std::optional<Mistake> infer_unary(Expression& node, ValueType operand) {
  if (static_cast<UnaryOperator>(node.op) == UnaryOperator::logical_not) {
    node.type = boolean;
  } else if (is_numeric(operand)) {
    node.type = operand == number ? number : integer;
  } else if (operand != any) {
    return mistake(fmt::format("'{}' does not work on {}", spelled(static_cast<UnaryOperator>(node.op)),
                               with_article(operand)));
  }
  return std::nullopt;
}

ValueType numeric_result(BinaryOperator op, ValueType left, ValueType right) {
  if (op == BinaryOperator::divide || left == number || right == number) return number;
  return op == BinaryOperator::power ? any : integer;  // 2 ** -1 is 0.5
}

std::optional<Mistake> infer_binary(Expression& node, ValueType left, ValueType right) {
  const BinaryOperator op = static_cast<BinaryOperator>(node.op);
  const bool repeats = op == BinaryOperator::multiply;
  if (is_numeric(left) && is_numeric(right)) {
    node.type = numeric_result(op, left, right);
  } else if (op == BinaryOperator::add && left == right && is_sequence(left)) {
    node.type = left;
  } else if (repeats && is_sequence(left) && (right == integer || right == boolean || right == any)) {
    node.type = left;
  } else if (repeats && is_sequence(right) && (left == integer || left == boolean || left == any)) {
    node.type = right;
  } else if (op == BinaryOperator::modulo && left == text) {
    return mistake("'%' does not format text here", "join texts with +, and numbers with str(...)");
  } else if (left != any && right != any) {
    const std::string hint = op == BinaryOperator::add && (left == text || right == text)
                                 ? "make the other text too: str(...)"
                                 : "";
    return mistake(
        fmt::format("'{}' does not work on {} and {}", spelled(op), with_article(left), with_article(right)),
        hint);
  }
  return std::nullopt;
}

std::optional<Mistake> infer_comparison(Expressions& expressions, Expression& node) {
  node.type = boolean;
  ValueType left = expressions[node.a].type;
  for (const ExpressionId link : expressions.children(node)) {
    const CompareOperator op = static_cast<CompareOperator>(expressions[link].op);
    const ValueType right = expressions[expressions[link].a].type;
    const bool orders = op >= CompareOperator::less && op <= CompareOperator::greater_equal;
    const bool both = left != any && right != any;
    if (orders && both && !(is_numeric(left) && is_numeric(right)) && !(left == right && is_sequence(left))) {
      return Mistake{expressions[link].span,
                     fmt::format("'{}' does not work on {} and {}", spelled(op), with_article(left),
                                 with_article(right)),
                     ""};
    }
    if ((op == CompareOperator::in || op == CompareOperator::not_in) &&
        (is_numeric(right) || right == none)) {
      return Mistake{expressions[link].span, fmt::format("nothing can be in {}", with_article(right)), ""};
    }
    if ((op == CompareOperator::in || op == CompareOperator::not_in) && right == text && left != text &&
        left != any) {
      return Mistake{expressions[link].span,
                     fmt::format("only text can be in text, and this is {}", with_article(left)),
                     "make it text: str(...)"};
    }
    left = right;
  }
  return std::nullopt;
}

std::optional<Mistake> infer_subscript(Expressions& expressions, Expression& node) {
  const ValueType container = expressions[node.a].type;
  const ValueType index = node.kind == ExpressionKind::slice ? integer : expressions[node.b].type;
  if (is_numeric(container) || container == none || container == iterator) {
    return mistake(fmt::format("{} has no items", with_article(container)));
  }
  if (node.kind == ExpressionKind::slice && container == dict)
    return mistake("a dict has keys and no order to slice");
  if (container != any && container != dict && index != integer && index != boolean && index != any) {
    return Mistake{expressions[node.b].span, fmt::format("the index is {}", with_article(index)),
                   "it is a whole number"};
  }
  if (node.kind == ExpressionKind::slice || container == text) node.type = container;
  if (node.kind == ExpressionKind::subscript && container == range) node.type = integer;
  return std::nullopt;
}

struct Signature {
  size_t least;
  size_t most;  // arguments, keywords among them
  ValueType result;
};
constexpr size_t kAnyNumber = 255;

Signature signature_of(Function function) {
  switch (function) {
    case Function::len:
      return {1, 1, integer};
    case Function::min:
    case Function::max:
      return {1, kAnyNumber, any};
    case Function::sorted:
      return {1, 3, list};
    case Function::range:
      return {1, 3, range};
    case Function::enumerate:
      return {1, 2, iterator};
    case Function::zip:
      return {0, kAnyNumber, iterator};
    case Function::str:
      return {0, 1, text};
    case Function::int_:
      return {0, 2, integer};
    case Function::float_:
      return {0, 1, number};
    case Function::round:
      return {1, 2, any};
    case Function::abs:
      return {1, 1, any};
  }
  return {0, kAnyNumber, any};
}

Signature signature_of(Method method) {
  switch (method) {
    case Method::replace:
      return {2, 3, text};
    case Method::upper:
    case Method::lower:
    case Method::title:
      return {0, 0, text};
    case Method::split:
    case Method::rsplit:
      return {0, 2, list};
    case Method::join:
      return {1, 1, text};
    case Method::strip:
    case Method::lstrip:
    case Method::rstrip:
      return {0, 1, text};
    case Method::startswith:
    case Method::endswith:
      return {1, 3, boolean};
    case Method::removeprefix:
    case Method::removesuffix:
      return {1, 1, text};
  }
  return {0, kAnyNumber, any};
}

// Whether the first argument is gone through or counted.
bool wants_items(Function function, size_t count) {
  switch (function) {
    case Function::len:
    case Function::sorted:
    case Function::enumerate:
    case Function::zip:
      return true;
    case Function::min:
    case Function::max:
      return count == 1;
    default:
      return false;
  }
}

std::optional<Mistake> infer_call(Expressions& expressions, Expression& node) {
  const bool is_method = node.kind == ExpressionKind::call_method;
  const Signature signature =
      is_method ? signature_of(static_cast<Method>(node.op)) : signature_of(static_cast<Function>(node.op));
  const std::string_view name = is_method ? node.text : function_names()[node.op];
  node.type = signature.result;
  if (is_method) {
    const ValueType self = expressions[node.a].type;
    if (self != text && self != any) {
      return mistake(fmt::format("'{}' is a method of text, and this is {}", name, with_article(self)),
                     is_numeric(self) ? fmt::format("make it text first: str(...).{}(...)", name) : "");
    }
  }
  if (!is_method && node.count > 0 && wants_items(static_cast<Function>(node.op), node.count)) {
    const Expression& first = expressions[expressions.children(node)[0]];
    if (is_numeric(first.type) || first.type == none) {
      return Mistake{
          first.span,
          fmt::format("{}() takes something that has items, and this is {}", name, with_article(first.type)),
          ""};
    }
  }
  if (node.count < signature.least || node.count > signature.most) {
    const std::string wanted = signature.least == signature.most ? counted(signature.least, "argument")
                               : signature.most == kAnyNumber
                                   ? fmt::format("at least {}", counted(signature.least, "argument"))
                                   : fmt::format("{} to {} arguments", signature.least, signature.most);
    return mistake(fmt::format("{}() takes {}, not {}", name, wanted, node.count));
  }
  return std::nullopt;
}

// Whether the value hangs on nothing but the text of the expression.
bool is_constant(const Expressions& expressions, ExpressionId id) {
  const Expression& node = expressions[id];
  switch (node.kind) {
    case ExpressionKind::name:
    case ExpressionKind::loop:
    case ExpressionKind::broken:
    case ExpressionKind::comprehension:
    case ExpressionKind::identifier:
    case ExpressionKind::raw:
      return false;
    default:
      break;
  }
  for (const ExpressionId part : {node.a, node.b, node.c}) {
    if (part != kNoExpression && !is_constant(expressions, part)) return false;
  }
  const auto children = expressions.children(node);
  return std::all_of(children.begin(), children.end(), [&](ExpressionId child) {
    return child == kNoExpression || is_constant(expressions, child);
  });
}

// Larger constants are worked out again in each render.
constexpr size_t kMostKeptBytes = 4096;

std::optional<Mistake> fold_one(Expressions& expressions, ExpressionId id) {
  Frame frame;
  Evaluator evaluator(expressions, frame);
  try {
    const Datum value = evaluator.evaluate(id);
    if (value.is(DatumKind::iterator) || !is_small(value, kMostKeptBytes)) return std::nullopt;
    expressions[id].kind = ExpressionKind::constant;
    expressions[id].constant = keep(value, expressions.constants());
    return std::nullopt;
  } catch (const EvaluationError& error) {
    const ExpressionId at = evaluator.failed_at() == kNoExpression ? id : evaluator.failed_at();
    return Mistake{expressions[at].span, error.message, error.hint};
  }
}

}  // namespace

ValueType join_types(ValueType a, ValueType b) { return a == b ? a : any; }

ValueType element_type(const Expression& iterable) {
  if (iterable.type == text) return text;
  if (iterable.type == range) return integer;
  const Datum& value = iterable.constant;
  const bool known = iterable.kind == ExpressionKind::constant && value.size > 0 &&
                     (value.is(DatumKind::list) || value.is(DatumKind::tuple));
  if (!known) return any;
  ValueType type = type_of(*value.begin());
  for (const Datum& item : value) type = join_types(type, type_of(item));
  return type;
}

std::string with_article(ValueType type) {
  if (type == text || type == none || type == any) return std::string(type_word(type));
  return fmt::format("{} {}", type == integer || type == iterator ? "an" : "a", type_word(type));
}

std::optional<Mistake> infer(Expressions& expressions, ExpressionId id) {
  Expression& node = expressions[id];
  switch (node.kind) {
    case ExpressionKind::list:
      node.type = list;
      break;
    case ExpressionKind::tuple:
      node.type = tuple;
      break;
    case ExpressionKind::dict:
      node.type = dict;
      break;
    case ExpressionKind::unary:
      return infer_unary(node, expressions[node.a].type);
    case ExpressionKind::binary:
      return infer_binary(node, expressions[node.a].type, expressions[node.b].type);
    case ExpressionKind::comparison:
      return infer_comparison(expressions, node);
    case ExpressionKind::subscript:
    case ExpressionKind::slice:
      return infer_subscript(expressions, node);
    case ExpressionKind::call_function:
    case ExpressionKind::call_method:
      return infer_call(expressions, node);
    case ExpressionKind::identifier:
      node.type = text;
      break;
    default:
      break;
  }
  return std::nullopt;
}

// A part that may never be worked out is left as it is when it has no value.
std::optional<Mistake> fold_constants(Expressions& expressions, ExpressionId id, bool is_lazy) {
  const Expression node = expressions[id];
  if (node.kind == ExpressionKind::constant) return std::nullopt;
  if (node.kind != ExpressionKind::link && node.kind != ExpressionKind::keyword &&
      node.kind != ExpressionKind::clause && is_constant(expressions, id)) {
    std::optional<Mistake> problem = fold_one(expressions, id);
    return is_lazy ? std::nullopt : problem;
  }
  const bool chooses = node.kind == ExpressionKind::conditional;
  const bool stops_early =
      chooses || node.kind == ExpressionKind::both || node.kind == ExpressionKind::either;
  const bool repeats = node.kind == ExpressionKind::comprehension;
  const ExpressionId always = chooses ? node.b : node.a;
  for (const ExpressionId part : {node.a, node.b, node.c}) {
    if (part == kNoExpression) continue;
    const bool lazy = is_lazy || repeats || (stops_early && part != always);
    if (std::optional<Mistake> problem = fold_constants(expressions, part, lazy)) return problem;
  }
  bool lazy = is_lazy || node.kind == ExpressionKind::clause;
  for (const ExpressionId child : expressions.children(node)) {
    if (child == kNoExpression) continue;
    if (std::optional<Mistake> problem = fold_constants(expressions, child, lazy)) return problem;
    lazy = lazy || repeats || node.kind == ExpressionKind::comparison;
  }
  return std::nullopt;
}

}  // namespace testloom::templating
