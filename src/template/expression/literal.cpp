#include "template/expression/literal.h"

#include <algorithm>
#include <vector>

namespace testloom::templating {

namespace {

std::optional<Datum> literal_of(Expressions& expressions, ExpressionId id) {
  const Expression& node = expressions[id];
  if (node.kind == ExpressionKind::constant) return node.constant;
  if (node.kind == ExpressionKind::unary) {
    const std::optional<Datum> operand = literal_of(expressions, node.a);
    const bool is_sign = node.op != static_cast<uint8_t>(UnaryOperator::logical_not);
    const bool numeric = operand && (operand->is(DatumKind::integer) || operand->is(DatumKind::number));
    if (!is_sign || !numeric) return std::nullopt;
    return apply(static_cast<UnaryOperator>(node.op), *operand);
  }
  if (node.kind != ExpressionKind::list && node.kind != ExpressionKind::tuple &&
      node.kind != ExpressionKind::dict) {
    return std::nullopt;
  }
  std::vector<Datum> items;
  for (const ExpressionId child : expressions.children(node)) {
    const std::optional<Datum> item = literal_of(expressions, child);
    if (!item) return std::nullopt;
    items.push_back(*item);
  }
  Arena& arena = expressions.constants();
  if (node.kind == ExpressionKind::dict) {
    std::vector<DatumEntry> entries;
    for (size_t i = 0; i + 1 < items.size(); i += 2) entries.push_back({items[i], items[i + 1]});
    try {
      return make_dict(entries.data(), entries.size(), arena);
    } catch (const EvaluationError&) {
      return std::nullopt;
    }
  }
  Datum* copied = arena.allocate_array<Datum>(items.size());
  std::copy(items.begin(), items.end(), copied);
  return sequence_datum(node.kind == ExpressionKind::list ? DatumKind::list : DatumKind::tuple, copied,
                        items.size());
}

}  // namespace

std::optional<Datum> constant_of(Expressions& expressions, ExpressionId id) {
  try {
    return literal_of(expressions, id);
  } catch (const EvaluationError&) {
    return std::nullopt;
  }
}

}  // namespace testloom::templating
