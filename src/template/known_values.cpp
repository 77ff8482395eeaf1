#include "template/known_values.h"

#include <algorithm>

namespace testloom::templating {

namespace {

// Calls `visit` with the names and loop fields in an expression until it says false; returns whether it never
// did.
template <typename Visit>
bool visit_names(const Expressions& expressions, ExpressionId id, const Visit& visit) {
  if (id == kNoExpression) return true;
  const Expression& node = expressions[id];
  if (node.kind == ExpressionKind::name || node.kind == ExpressionKind::loop) return visit(node);
  const auto go_on = [&](ExpressionId part) { return visit_names(expressions, part, visit); };
  const std::span<const ExpressionId> children = expressions.children(node);
  return go_on(node.a) && go_on(node.b) && go_on(node.c) &&
         std::all_of(children.begin(), children.end(), go_on);
}

}  // namespace

std::optional<size_t> KnownValues::enter_loop(ExpressionId iterable, size_t depth) {
  const std::optional<Datum> items = value(iterable);
  if (!items) return std::nullopt;
  try {
    iterations_.emplace_back(*items, frame_.arena);
  } catch (const EvaluationError&) {
    return std::nullopt;
  }
  frame_.loops.resize(depth + 1);
  frame_.loops.back().length = iterations_.back().length();
  return iterations_.back().length();
}

bool KnownValues::pass(ExpressionId target, size_t index) {
  frame_.loops.back().index = index;
  mark(target, true);
  try {
    evaluator_.assign(target, iterations_.back().at(index));
    return true;
  } catch (const EvaluationError&) {
    return false;
  }
}

void KnownValues::leave_loop(ExpressionId target) {
  mark(target, false);
  frame_.loops.pop_back();
  iterations_.pop_back();
}

void KnownValues::mark(ExpressionId target, bool known) {
  visit_names(expressions_, target, [&](const Expression& name) {
    is_known_[name.slot] = known;
    return true;
  });
}

bool KnownValues::is_known(const Expression& name_or_loop) const {
  if (name_or_loop.kind == ExpressionKind::name) return is_known_[name_or_loop.slot];
  return name_or_loop.slot + iterations_.size() >= frame_.loops.size() &&
         name_or_loop.slot < frame_.loops.size();
}

bool KnownValues::mentions_known(ExpressionId id) const {
  return within_loop() &&
         !visit_names(expressions_, id, [&](const Expression& name) { return !is_known(name); });
}

std::optional<Datum> KnownValues::value(ExpressionId id) {
  if (!visit_names(expressions_, id, [&](const Expression& name) { return is_known(name); }))
    return std::nullopt;
  try {
    return evaluator_.evaluate(id);
  } catch (const EvaluationError&) {
    return std::nullopt;
  }
}

}  // namespace testloom::templating
