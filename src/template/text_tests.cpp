#include "template/text_tests.h"

namespace testloom::templating {

namespace {

bool is_text(const Expression& node) {
  return node.kind == ExpressionKind::constant && node.constant.is(DatumKind::text);
}

// `name in [TEXT, ...]`, also of a tuple.
bool add_items(uint32_t slot, const Expression& container, std::vector<TextTest>& tests) {
  const Datum& items = container.constant;
  if (container.kind != ExpressionKind::constant) return false;
  if (!items.is(DatumKind::list) && !items.is(DatumKind::tuple)) return false;
  for (const Datum& item : items) {
    if (!item.is(DatumKind::text)) return false;
    tests.push_back({slot, item.text()});
  }
  return items.size > 0;  // else nothing would ask whether the name has a value
}

std::optional<bool> add_comparison(const Expressions& expressions, const Expression& node,
                                   std::vector<TextTest>& tests) {
  if (node.count != 1) return std::nullopt;  // a chain
  const Expression& link = expressions[expressions.children(node)[0]];
  const Expression *left = &expressions[node.a], *right = &expressions[link.a];
  const auto op = static_cast<CompareOperator>(link.op);
  if (op == CompareOperator::equal || op == CompareOperator::not_equal) {
    if (is_text(*left)) std::swap(left, right);
    if (left->kind != ExpressionKind::name || !is_text(*right)) return std::nullopt;
    tests.push_back({left->slot, right->constant.text()});
    return op == CompareOperator::not_equal;
  }
  if (op != CompareOperator::in && op != CompareOperator::not_in) return std::nullopt;
  if (left->kind != ExpressionKind::name || !add_items(left->slot, *right, tests)) return std::nullopt;
  return op == CompareOperator::not_in;
}

}  // namespace

std::optional<bool> add_text_tests(const Expressions& expressions, ExpressionId condition,
                                   std::vector<TextTest>& tests) {
  const Expression& node = expressions[condition];
  if (node.kind == ExpressionKind::comparison) return add_comparison(expressions, node, tests);
  if (node.kind != ExpressionKind::either) return std::nullopt;
  const std::optional<bool> left = add_text_tests(expressions, node.a, tests);
  if (left != false) return std::nullopt;
  const std::optional<bool> right = add_text_tests(expressions, node.b, tests);
  return right == false ? right : std::nullopt;
}

}  // namespace testloom::templating
