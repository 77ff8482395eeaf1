#include "template/expression/expression_parser.h"

#include <fmt/core.h>

#include "base/text.h"
#include "template/python_words.h"

namespace testloom::templating {

using Kind = ExpressionToken::Kind;

ExpressionParser::ExpressionParser(const Sources& sources, Span span, Expressions& expressions,
                                   Mistakes& mistakes)
    : expressions_(expressions), mistakes_(mistakes), span_(span) {
  const size_t before = mistakes.size();
  tokens_ = lex_expression(sources, span, expressions.constants(), mistakes);
  failed_ = mistakes.size() > before;
}

// --- tokens and nodes

bool ExpressionParser::take_op(std::string_view op) {
  if (!at_op(op)) return false;
  ++at_;
  return true;
}

bool ExpressionParser::take_word(std::string_view word) {
  if (!at_word(word)) return false;
  ++at_;
  return true;
}

const ExpressionToken& ExpressionParser::take() {
  const ExpressionToken& token = tokens_[at_];
  if (token.kind != Kind::end) ++at_;
  return token;
}

void ExpressionParser::refuse(std::string_view wanted, std::string hint) {
  if (!failed_) {
    const ExpressionToken& token = peek();
    if (at_end()) {
      // The caret stands under the last character before the end.
      const Span last = at_ > 0 ? tokens_[at_ - 1].span : span_;
      mistakes_.push_back({last, fmt::format("{} is missing behind this", wanted), std::move(hint)});
    } else {
      mistakes_.push_back(
          {token.span, fmt::format("{} stands where {} should", quote(token.text), wanted), std::move(hint)});
    }
  }
  failed_ = true;
  at_ = tokens_.size() - 1;
}

void ExpressionParser::expect_end(std::string hint) {
  if (!at_end()) refuse("an operator or the end", std::move(hint));
}

Span ExpressionParser::since(size_t begin) const {
  const size_t last = at_ > begin ? at_ - 1 : begin;
  return {tokens_[begin].span.begin, std::max(tokens_[last].span.end, tokens_[begin].span.begin), span_.file};
}

ExpressionId ExpressionParser::add(ExpressionKind kind, Span span, ExpressionId a, ExpressionId b,
                                   uint8_t op) {
  Expression node;
  node.kind = kind;
  node.op = op;
  node.span = span;
  node.a = a;
  node.b = b;
  return expressions_.add(node);
}

ExpressionId ExpressionParser::broken() { return add(ExpressionKind::broken, span_); }

// Every rule that can contain itself calls this first, and --depth_ when it is done.
bool ExpressionParser::enter() {
  if (++depth_ <= kDeepestExpression) return true;
  if (!failed_) {
    mistakes_.push_back({peek().span,
                         fmt::format("this expression is nested more than {} deep", kDeepestExpression),
                         "take it apart with '#% set name = ...'"});
  }
  failed_ = true;
  at_ = tokens_.size() - 1;
  return false;
}

// --- from the loosest to the tightest

ExpressionId ExpressionParser::parse_expressions() {
  const size_t begin = at_;
  if (at_end()) {
    refuse("an expression");
    return broken();
  }
  const ExpressionId first = parse_expression();
  if (!at_op(",")) return failed_ ? broken() : first;
  std::vector<ExpressionId> items = {first};
  while (take_op(",") && !at_end()) items.push_back(parse_expression());
  if (failed_) return broken();
  Expression tuple;
  tuple.kind = ExpressionKind::tuple;
  tuple.span = since(begin);
  return expressions_.add(tuple, items);
}

ExpressionId ExpressionParser::parse_expression() {
  if (!enter()) return broken();
  const ExpressionId result = parse_conditional();
  --depth_;
  return failed_ ? broken() : result;
}

ExpressionId ExpressionParser::parse_operand() {
  join_strings_ = false;
  const ExpressionId result = parse_arithmetic();
  join_strings_ = true;
  return failed_ ? broken() : result;
}

ExpressionId ExpressionParser::parse_conditional() {
  const size_t begin = at_;
  const ExpressionId value = parse_or();
  if (!take_word("if")) return value;
  const ExpressionId condition = parse_or();
  if (!take_word("else")) {
    refuse("'else'", "write VALUE if CONDITION else OTHER");
    return broken();
  }
  const ExpressionId other = parse_expression();
  const ExpressionId result = add(ExpressionKind::conditional, since(begin), value, condition);
  expressions_[result].c = other;
  return result;
}

ExpressionId ExpressionParser::parse_or() {
  const size_t begin = at_;
  ExpressionId left = parse_and();
  int entered = 0;
  while (at_word("or") && enter()) {
    ++entered;
    take();
    const ExpressionId right = parse_and();
    left = add(ExpressionKind::either, since(begin), left, right);
  }
  depth_ -= entered;
  return left;
}

ExpressionId ExpressionParser::parse_and() {
  const size_t begin = at_;
  ExpressionId left = parse_not();
  int entered = 0;
  while (at_word("and") && enter()) {
    ++entered;
    take();
    const ExpressionId right = parse_not();
    left = add(ExpressionKind::both, since(begin), left, right);
  }
  depth_ -= entered;
  return left;
}

ExpressionId ExpressionParser::parse_not() {
  const size_t begin = at_;
  if (!at_word("not")) return parse_comparison();
  if (!enter()) return broken();
  take();
  const ExpressionId operand = parse_not();
  --depth_;
  return add(ExpressionKind::unary, since(begin), operand, kNoExpression,
             static_cast<uint8_t>(UnaryOperator::logical_not));
}

bool ExpressionParser::take_comparison(CompareOperator& op) {
  constexpr std::pair<std::string_view, CompareOperator> signs[] = {
      {"==", CompareOperator::equal},      {"!=", CompareOperator::not_equal},
      {"<=", CompareOperator::less_equal}, {">=", CompareOperator::greater_equal},
      {"<", CompareOperator::less},        {">", CompareOperator::greater}};
  for (const auto& [sign, meaning] : signs) {
    if (!take_op(sign)) continue;
    op = meaning;
    return true;
  }
  if (take_word("in")) {
    op = CompareOperator::in;
    return true;
  }
  if (take_word("is")) {
    op = take_word("not") ? CompareOperator::is_not : CompareOperator::is;
    return true;
  }
  if (at_word("not") && at_ + 1 < tokens_.size() && tokens_[at_ + 1].kind == Kind::name &&
      tokens_[at_ + 1].text == "in") {
    at_ += 2;
    op = CompareOperator::not_in;
    return true;
  }
  return false;
}

ExpressionId ExpressionParser::parse_comparison() {
  const size_t begin = at_;
  const ExpressionId first = parse_arithmetic();
  std::vector<ExpressionId> links;
  CompareOperator op;
  for (size_t link = at_; take_comparison(op); link = at_) {
    const ExpressionId operand = parse_arithmetic();
    links.push_back(add(ExpressionKind::link, since(link), operand, kNoExpression, static_cast<uint8_t>(op)));
  }
  if (links.empty()) return first;
  Expression node;
  node.kind = ExpressionKind::comparison;
  node.span = since(begin);
  node.a = first;
  return expressions_.add(node, links);
}

ExpressionId ExpressionParser::parse_arithmetic() {
  const size_t begin = at_;
  ExpressionId left = parse_term();
  int entered = 0;
  while ((at_op("+") || at_op("-")) && enter()) {
    ++entered;
    const BinaryOperator op = take().text == "+" ? BinaryOperator::add : BinaryOperator::subtract;
    const ExpressionId right = parse_term();
    left = add(ExpressionKind::binary, since(begin), left, right, static_cast<uint8_t>(op));
  }
  depth_ -= entered;
  return left;
}

ExpressionId ExpressionParser::parse_term() {
  constexpr std::pair<std::string_view, BinaryOperator> signs[] = {{"*", BinaryOperator::multiply},
                                                                   {"/", BinaryOperator::divide},
                                                                   {"//", BinaryOperator::floor_divide},
                                                                   {"%", BinaryOperator::modulo}};
  const size_t begin = at_;
  ExpressionId left = parse_sign();
  int entered = 0;
  for (bool found = true; found;) {
    found = false;
    for (const auto& [sign, op] : signs) {
      if (!at_op(sign) || !enter()) continue;
      ++entered;
      take();
      const ExpressionId right = parse_sign();
      left = add(ExpressionKind::binary, since(begin), left, right, static_cast<uint8_t>(op));
      found = true;
    }
  }
  depth_ -= entered;
  return left;
}

ExpressionId ExpressionParser::parse_sign() {
  const size_t begin = at_;
  if (!at_op("-") && !at_op("+")) return parse_power();
  const bool minus = take().text == "-";
  if (minus && peek().is_two_to_63 && !(tokens_[at_ + 1].kind == Kind::op && tokens_[at_ + 1].text == "**")) {
    take();
    const ExpressionId smallest = add(ExpressionKind::constant, since(begin));
    expressions_[smallest].constant = integer_datum(INT64_MIN);
    return smallest;
  }
  if (!enter()) return broken();
  const ExpressionId operand = parse_sign();
  --depth_;
  return add(ExpressionKind::unary, since(begin), operand, kNoExpression,
             static_cast<uint8_t>(minus ? UnaryOperator::negative : UnaryOperator::positive));
}

ExpressionId ExpressionParser::parse_power() {
  const size_t begin = at_;
  const ExpressionId base = parse_primary();
  if (!at_op("**")) return base;
  if (!enter()) return broken();
  take();
  const ExpressionId exponent = parse_sign();
  --depth_;
  return add(ExpressionKind::binary, since(begin), base, exponent,
             static_cast<uint8_t>(BinaryOperator::power));
}

ExpressionId ExpressionParser::parse_primary() {
  const size_t begin = at_;
  ExpressionId result = parse_atom();
  int entered = 0;
  while (!failed_ && (at_op(".") || at_op("[") || at_op("(")) && enter()) {
    ++entered;
    if (take_op(".")) {
      if (peek().kind != Kind::name) {
        refuse("a name");
        break;
      }
      const std::string_view name = take().text;
      result = add(ExpressionKind::attribute, since(begin), result);
      expressions_[result].text = name;
    } else if (at_op("[")) {
      result = parse_subscript(result);
    } else {
      result = parse_call(result);
    }
  }
  depth_ -= entered;
  return failed_ ? broken() : result;
}

// --- calls and subscripts

ExpressionId ExpressionParser::parse_call(ExpressionId callee) {
  const Span open = take().span;
  std::vector<ExpressionId> arguments;
  if (!parse_arguments(arguments)) return broken();
  return make_call(callee, arguments, open);
}

// Beside other arguments a comprehension needs its brackets, as in Python.
void ExpressionParser::refuse_bare_comprehension(ExpressionId id) {
  if (!failed_) {
    mistakes_.push_back(
        {expressions_[id].span, "a comprehension stands in [ ] here", "write '[' and ']' around it"});
  }
  failed_ = true;
  at_ = tokens_.size() - 1;
}

bool ExpressionParser::parse_arguments(std::vector<ExpressionId>& arguments) {
  bool keywords = false;
  while (!take_op(")")) {
    const size_t begin = at_;
    const bool named =
        peek().kind == Kind::name && tokens_[at_ + 1].kind == Kind::op && tokens_[at_ + 1].text == "=";
    if (named) {
      const std::string_view name = take().text;
      take();
      const ExpressionId value = parse_expression();
      arguments.push_back(add(ExpressionKind::keyword, since(begin), value));
      expressions_[arguments.back()].text = name;
      keywords = true;
    } else if (keywords) {
      refuse("an argument with its name", "positional arguments come first");
    } else if (at_op("*") || at_op("**")) {
      refuse("an argument", "arguments are written one by one");
    } else {
      arguments.push_back(parse_expression());
      if (at_word("for")) {
        arguments.back() = parse_comprehension(arguments.back(), begin);
        if (arguments.size() > 1 || !at_op(")")) refuse_bare_comprehension(arguments.back());
      }
    }
    if (failed_) return false;
    if (!at_op(")") && !take_op(",")) refuse("',' or ')'");
  }
  return !failed_;
}

ExpressionId ExpressionParser::make_call(ExpressionId callee, const std::vector<ExpressionId>& arguments,
                                         Span open) {
  Expression call;
  call.kind = ExpressionKind::call_function;
  call.span = {expressions_[callee].span.begin, tokens_[at_ - 1].span.end, span_.file};
  const Expression target = expressions_[callee];
  const auto fail = [&](Span span, std::string message, std::string hint) {
    if (!failed_) mistakes_.push_back({span, std::move(message), std::move(hint)});
    failed_ = true;
    at_ = tokens_.size() - 1;
    return broken();
  };
  if (target.kind == ExpressionKind::name && (target.text == "identifier" || target.text == "raw")) {
    if (arguments.size() != 1 || expressions_[arguments[0]].kind == ExpressionKind::keyword) {
      return fail(call.span, fmt::format("{}() takes one value", target.text), "");
    }
    call.kind = target.text == "raw" ? ExpressionKind::raw : ExpressionKind::identifier;
    call.a = arguments[0];
    return expressions_.add(call);
  }
  if (target.kind == ExpressionKind::name) {
    const std::optional<Function> function = find_function(target.text);
    if (!function) {
      const std::string guess = nearest(target.text, function_names());
      return fail(target.span, fmt::format("{} is no function that can be called here", quote(target.text)),
                  guess.empty() ? "functions: identifier, raw, " + join(function_names(), ", ")
                                : fmt::format("did you mean '{}'?", guess));
    }
    call.op = static_cast<uint8_t>(*function);
    const bool takes_whole = *function == Function::len || *function == Function::str;
    if (takes_whole && !arguments.empty() && is_bare_comprehension(arguments[0])) {
      refuse_bare_comprehension(arguments[0]);
      return broken();
    }
    return expressions_.add(call, arguments);
  }
  if (target.kind == ExpressionKind::attribute) {
    const std::optional<Method> method = find_method(target.text);
    const Span name{target.span.end - target.text.size(), target.span.end, span_.file};
    if (!method) {
      const std::string guess = nearest(target.text, method_names());
      return fail(name, fmt::format("{} is no method that can be called here", quote(target.text)),
                  guess.empty() ? "methods of text: " + join(method_names(), ", ")
                                : fmt::format("did you mean '{}'?", guess));
    }
    call.kind = ExpressionKind::call_method;
    call.op = static_cast<uint8_t>(*method);
    call.a = target.a;
    call.text = target.text;
    return expressions_.add(call, arguments);
  }
  return fail(open, "only functions and methods of text can be called", "");
}

ExpressionId ExpressionParser::parse_slice_part() {
  return at_op(":") || at_op("]") ? kNoExpression : parse_expression();
}

ExpressionId ExpressionParser::parse_subscript(ExpressionId container) {
  const size_t begin = at_;
  take();
  if (at_op("]")) {
    refuse("an index");
    return broken();
  }
  ExpressionId parts[3] = {parse_slice_part(), kNoExpression, kNoExpression};
  const bool is_slice = at_op(":");
  for (int part = 1; part < 3 && take_op(":"); ++part) parts[part] = parse_slice_part();
  if (!take_op("]")) {
    refuse("']'", at_op(",") ? "a value has one index" : "");
    return broken();
  }
  Expression node;
  node.kind = is_slice ? ExpressionKind::slice : ExpressionKind::subscript;
  node.span = {expressions_[container].span.begin, since(begin).end, span_.file};
  node.a = container;
  if (is_slice) return expressions_.add(node, parts);
  node.b = parts[0];
  return expressions_.add(node);
}

}  // namespace testloom::templating
