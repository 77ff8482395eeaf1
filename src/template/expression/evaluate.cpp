#include "template/expression/evaluate.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "base/text.h"
#include "template/expression/room.h"
#include "template/identifier.h"

namespace testloom::templating {

namespace {

// For what goes through a text, such as counting its characters.
void spend_text(const Datum& datum) {
  if (datum.is(DatumKind::text)) spend(datum.size);
}

}  // namespace

void Evaluator::fail_for_steps() {
  throw EvaluationError{fmt::format("the loops go round more than {} times", kMostSteps), {}};
}

Datum Evaluator::evaluate(ExpressionId id) {
  const Expression& node = expressions_[id];
  switch (node.kind) {
    case ExpressionKind::constant:
      return node.constant;
    case ExpressionKind::name:
      return evaluate_name(node, id);
    case ExpressionKind::list:
    case ExpressionKind::tuple:
    case ExpressionKind::dict:
      return evaluate_items(node, id);
    case ExpressionKind::unary: {
      const Datum operand = evaluate(node.a);
      current_ = id;
      return apply(static_cast<UnaryOperator>(node.op), operand);
    }
    case ExpressionKind::binary: {
      const Datum left = evaluate(node.a);
      const Datum right = evaluate(node.b);
      current_ = id;
      return apply(static_cast<BinaryOperator>(node.op), left, right, frame_.arena);
    }
    case ExpressionKind::both: {
      const Datum left = evaluate(node.a);
      return truth(left) ? evaluate(node.b) : left;
    }
    case ExpressionKind::either: {
      const Datum left = evaluate(node.a);
      return truth(left) ? left : evaluate(node.b);
    }
    case ExpressionKind::comparison:
      return evaluate_comparison(node, id);
    case ExpressionKind::conditional:
      return evaluate(truth(evaluate(node.b)) ? node.a : node.c);
    case ExpressionKind::subscript: {
      const Datum container = evaluate(node.a);
      const Datum index = evaluate(node.b);
      current_ = id;
      spend_text(container);
      return subscript(container, index, frame_.arena);
    }
    case ExpressionKind::slice:
      return evaluate_slice(node, id);
    case ExpressionKind::attribute:
      return evaluate_attribute(node, id);
    case ExpressionKind::call_function:
    case ExpressionKind::call_method:
      return evaluate_call(node, id);
    case ExpressionKind::identifier: {
      const Datum value = evaluate(node.a);
      current_ = id;
      return make_identifier(value, frame_.arena);
    }
    case ExpressionKind::raw:
      return evaluate(node.a);
    case ExpressionKind::comprehension:
      return evaluate_comprehension(node, id);
    case ExpressionKind::loop:
      return evaluate_loop_field(node);
    case ExpressionKind::link:
    case ExpressionKind::keyword:
    case ExpressionKind::clause:
    case ExpressionKind::broken:
      break;
  }
  current_ = id;
  throw EvaluationError{"this expression has no value", {}};
}

Datum Evaluator::evaluate_name(const Expression& node, ExpressionId id) {
  const Datum& value = frame_.slots[node.slot];
  if (value.is(DatumKind::absent)) {
    current_ = id;
    throw EvaluationError{fmt::format("no value for '{}'", node.text), {}};
  }
  return value;
}

Datum Evaluator::evaluate_items(const Expression& node, ExpressionId id) {
  current_ = id;
  const std::span<const ExpressionId> children = expressions_.children(node);
  Datum* items = room_for_items(frame_.arena, children.size());
  for (size_t i = 0; i < children.size(); ++i) items[i] = evaluate(children[i]);
  current_ = id;
  if (node.kind != ExpressionKind::dict) {
    const DatumKind kind = node.kind == ExpressionKind::list ? DatumKind::list : DatumKind::tuple;
    return sequence_datum(kind, items, children.size());
  }
  static_assert(sizeof(DatumEntry) == 2 * sizeof(Datum));
  DatumEntry* entries = room_for_items<DatumEntry>(frame_.arena, children.size() / 2);
  for (size_t i = 0; i < children.size() / 2; ++i) entries[i] = {items[2 * i], items[2 * i + 1]};
  return make_dict(entries, children.size() / 2, frame_.arena);
}

Datum Evaluator::evaluate_comparison(const Expression& node, ExpressionId id) {
  Datum left = evaluate(node.a);
  for (const ExpressionId link : expressions_.children(node)) {
    const Datum right = evaluate(expressions_[link].a);
    current_ = id;
    if (!compare(static_cast<CompareOperator>(expressions_[link].op), left, right))
      return boolean_datum(false);
    left = right;
  }
  return boolean_datum(true);
}

Datum Evaluator::evaluate_slice(const Expression& node, ExpressionId id) {
  const Datum container = evaluate(node.a);
  std::array<Datum, 3> parts;
  const std::span<const ExpressionId> children = expressions_.children(node);
  for (size_t i = 0; i < parts.size(); ++i) {
    parts[i] = children[i] == kNoExpression ? none_datum() : evaluate(children[i]);
  }
  current_ = id;
  spend_text(container);
  return slice(container, parts[0], parts[1], parts[2], frame_.arena);
}

Datum Evaluator::evaluate_attribute(const Expression& node, ExpressionId id) {
  const Datum owner = evaluate(node.a);
  current_ = id;
  const Expression& of = expressions_[node.a];
  if (!owner.is(DatumKind::dict)) {
    throw EvaluationError{fmt::format("'{}' has no attribute '{}'", type_name(owner), node.text), {}};
  }
  const Datum* found = find_key(owner, node.text);
  if (found) return *found;
  std::vector<std::string_view> known;
  for (uint32_t i = 0; i < owner.size; ++i) {
    if (owner.entries[i].key.is(DatumKind::text)) known.push_back(owner.entries[i].key.text());
  }
  const std::string guess = nearest(node.text, known);
  throw EvaluationError{
      fmt::format("{} has no '{}'", of.kind == ExpressionKind::name ? fmt::format("'{}'", of.text) : "this",
                  node.text),
      guess.empty() ? "" : fmt::format("did you mean '{}'?", guess)};
}

Datum Evaluator::evaluate_call(const Expression& node, ExpressionId id) {
  const bool is_method = node.kind == ExpressionKind::call_method;
  const Datum self = is_method ? evaluate(node.a) : none_datum();
  const std::span<const ExpressionId> children = expressions_.children(node);
  current_ = id;
  Datum* positional = room_for_items(frame_.arena, children.size());
  Keyword* keywords = nullptr;
  size_t positional_count = 0, keyword_count = 0;
  for (const ExpressionId child : children) {
    const Expression& argument = expressions_[child];
    if (argument.kind != ExpressionKind::keyword) {
      positional[positional_count++] = evaluate(child);
      continue;
    }
    if (!keywords) keywords = room_for_items<Keyword>(frame_.arena, children.size());
    keywords[keyword_count++] = {argument.text, evaluate(argument.a)};
  }
  current_ = id;
  spend_text(self);
  for (size_t i = 0; i < positional_count; ++i) spend_text(positional[i]);
  const Arguments arguments{{positional, positional_count}, {keywords, keyword_count}};
  if (!is_method) return call(static_cast<Function>(node.op), arguments, frame_.arena);
  if (!self.is(DatumKind::text)) {
    throw EvaluationError{
        fmt::format("'{}' is a method of text, and this is '{}'", node.text, type_name(self)), {}};
  }
  return call(static_cast<Method>(node.op), self.text(), arguments, frame_.arena);
}

Datum Evaluator::evaluate_comprehension(const Expression& node, ExpressionId id) {
  Collected out;
  run_clauses(node, 0, out);
  current_ = id;
  return sequence_datum(DatumKind::list, out.items, out.size);
}

// Into twice the room when it is full.
void Evaluator::collect(Collected& out, const Datum& item) {
  if (out.size >= kMostItems) {
    throw EvaluationError{fmt::format("the list gets longer than {} items", kMostItems), {}};
  }
  if (out.size == out.capacity) {
    out.capacity = std::max<size_t>(16, out.capacity * 2);
    check_arena(frame_.arena, out.capacity * sizeof(Datum));
    Datum* grown = frame_.arena.allocate_array<Datum>(out.capacity);
    std::copy(out.items, out.items + out.size, grown);
    out.items = grown;
  }
  out.items[out.size++] = item;
}

void Evaluator::run_clauses(const Expression& node, size_t at, Collected& out) {
  const std::span<const ExpressionId> clauses = expressions_.children(node);
  if (at == clauses.size()) {
    collect(out, evaluate(node.a));
    return;
  }
  const Expression& clause = expressions_[clauses[at]];
  const Datum iterable = evaluate(clause.a);
  current_ = clause.a;
  Iteration iteration(iterable, frame_.arena);
  for (size_t i = 0; i < iteration.length(); ++i) {
    count_step();
    assign(clause.b, iteration.at(i));
    bool passes = true;
    for (const ExpressionId condition : expressions_.children(clause)) {
      passes = passes && truth(evaluate(condition));
    }
    if (passes) run_clauses(node, at + 1, out);
  }
}

void Evaluator::take_apart(ExpressionId target, const Datum& value) {
  current_ = target;
  const std::span<const ExpressionId> names = expressions_.children(expressions_[target]);
  const bool has_parts = value.is(DatumKind::text) || value.kind >= DatumKind::list;
  if (!has_parts) {
    throw EvaluationError{fmt::format("{} names, but one value of type '{}'", names.size(), type_name(value)),
                          {}};
  }
  Iteration parts(value, frame_.arena);
  if (parts.length() != names.size()) {
    throw EvaluationError{fmt::format("{} names, but {}", names.size(), counted(parts.length(), "value")),
                          {}};
  }
  for (size_t i = 0; i < names.size(); ++i) assign(names[i], parts.at(i));
}

Datum Evaluator::evaluate_loop_field(const Expression& node) const {
  const LoopState& loop = frame_.loops[node.slot];
  switch (static_cast<LoopField>(node.op)) {
    case LoopField::index:
      return integer_datum(static_cast<int64_t>(loop.index + 1));
    case LoopField::first:
      return boolean_datum(loop.index == 0);
    case LoopField::last:
      return boolean_datum(loop.index + 1 == loop.length);
    case LoopField::length:
      return integer_datum(static_cast<int64_t>(loop.length));
  }
  return none_datum();
}

}  // namespace testloom::templating
