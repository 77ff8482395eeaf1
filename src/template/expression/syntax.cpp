#include "template/expression/syntax.h"

#include <fmt/core.h>

#include "template/expression/written.h"

namespace testloom::templating {

namespace {

std::string_view kind_word(ExpressionKind kind) {
  constexpr std::string_view words[] = {"constant",  "name",    "list",      "tuple",   "dict", "unary",
                                        "binary",    "and",     "or",        "compare", "link", "if",
                                        "subscript", "slice",   "attribute", "call",    "call", "identifier",
                                        "raw",       "keyword", "for",       "in",      "loop", "broken"};
  return words[static_cast<size_t>(kind)];
}

void append_part(std::string& out, const Expressions& expressions, ExpressionId id) {
  out += ' ';
  out += id == kNoExpression ? "-" : dump(expressions, id);
}

// What the node says besides its parts.
std::string head(const Expression& node) {
  switch (node.kind) {
    case ExpressionKind::unary:
      return std::string(spelled(static_cast<UnaryOperator>(node.op)));
    case ExpressionKind::binary:
      return std::string(spelled(static_cast<BinaryOperator>(node.op)));
    case ExpressionKind::link:
      return std::string(spelled(static_cast<CompareOperator>(node.op)));
    case ExpressionKind::call_function:
      return fmt::format("call {}", function_names()[node.op]);
    case ExpressionKind::attribute:
    case ExpressionKind::call_method:
    case ExpressionKind::keyword:
      return fmt::format("{} {}", kind_word(node.kind), node.text);
    default:
      return std::string(kind_word(node.kind));
  }
}

}  // namespace

std::string dump(const Expressions& expressions, ExpressionId id) {
  const Expression& node = expressions[id];
  std::string out;
  if (node.kind == ExpressionKind::constant) {
    append_repr(out, node.constant);
    return out;
  }
  if (node.kind == ExpressionKind::name) return std::string(node.text);
  if (node.kind == ExpressionKind::loop) {
    constexpr std::string_view fields[] = {"loop.index", "loop.first", "loop.last", "loop.length"};
    return std::string(fields[node.op]);
  }
  out = '(' + head(node);
  for (const ExpressionId part : {node.a, node.b, node.c}) {
    if (part != kNoExpression) append_part(out, expressions, part);
  }
  for (const ExpressionId child : expressions.children(node)) append_part(out, expressions, child);
  return out + ')';
}

}  // namespace testloom::templating
