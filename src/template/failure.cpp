// What is said of a render that fails: the place, the reason, and the values that it holds for.
#include <algorithm>

#include <fmt/core.h>

#include "base/text.h"
#include "template/expression/written.h"
#include "template/renderer_state.h"

namespace testloom {

// The names that the expression uses, with their values, so that the error says for which values it holds.
void Renderer::State::add_used_values(ExpressionId id, std::vector<std::string>& shown_values) const {
  if (id == kNoExpression) return;
  const Expression& node = compiled.expressions[id];
  if (node.kind == ExpressionKind::name) {
    const Datum& value = frame.slots[node.slot];
    if (value.kind >= DatumKind::list) return;  // too much to show
    std::string text = value.is(DatumKind::absent) ? fmt::format("{} is not given", node.text)
                                                   : fmt::format("{} is {}", node.text, shown(value));
    if (std::find(shown_values.begin(), shown_values.end(), text) == shown_values.end()) {
      shown_values.push_back(std::move(text));
    }
    return;
  }
  for (const ExpressionId part : {node.a, node.b, node.c}) add_used_values(part, shown_values);
  for (const ExpressionId child : compiled.expressions.children(node)) add_used_values(child, shown_values);
}

std::string Renderer::State::used_values(ExpressionId id) const {
  constexpr size_t kMost = 3;
  std::vector<std::string> values;
  add_used_values(id, values);
  if (values.size() > kMost) values.resize(kMost);
  return join(values, ", ");
}

// What the operation works out; of a loop that goes on, what it sets.
ExpressionId Renderer::State::expression_of(const Operation& operation) const {
  switch (operation.code) {
    case OpCode::put:
    case OpCode::assign:
    case OpCode::jump_unless:
    case OpCode::jump_unless_text:
    case OpCode::loop_begin:
      return operation.expression;
    case OpCode::loop_next:
      return loops.empty() ? kNoExpression : loops.back().target;
    default:
      return kNoExpression;
  }
}

bool Renderer::State::is_within(ExpressionId part, ExpressionId whole) const {
  if (part == kNoExpression) return false;
  const Span inner = compiled.expressions[part].span, outer = compiled.expressions[whole].span;
  return inner.file == outer.file && inner.begin >= outer.begin && inner.end <= outer.end;
}

void Renderer::State::fail(const Operation& operation, const EvaluationError& error,
                           std::optional<Span> where) const {
  Mistake mistake{where, error.message, error.hint};
  const ExpressionId whole = expression_of(operation);
  if (!where && operation.code == OpCode::put_slot) {
    mistake.where = compiled.program.places[operation.place].span;
  } else if (!where && whole != kNoExpression) {
    // What the evaluator did last may have been long before, and have nothing to do with this.
    const ExpressionId failed = evaluator.failed_at();
    const bool has_target = operation.code == OpCode::assign || operation.code == OpCode::loop_begin;
    const bool is_part = is_within(failed, whole) || (has_target && is_within(failed, operation.target));
    mistake.where = compiled.expressions[is_part ? failed : whole].span;
  }
  if (whole != kNoExpression) {
    const std::string values = used_values(whole);
    const bool asks = mistake.hint.ends_with('?');
    if (!values.empty() && asks) mistake.hint += fmt::format(" ({})", values);
    if (!values.empty() && !asks) mistake.hint += (mistake.hint.empty() ? "" : "; ") + values;
  }
  compiled.sources.refuse({mistake});
}

}  // namespace testloom
