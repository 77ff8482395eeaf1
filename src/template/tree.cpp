#include "template/tree.h"

#include <fmt/core.h>

#include "base/text.h"

namespace testloom::templating {

namespace {

class Dumper {
 public:
  Dumper(const Sources& sources, const Expressions& expressions)
      : sources_(sources), expressions_(expressions) {}

  std::string run(const std::vector<Node>& nodes) {
    add(nodes, 0);
    return std::move(out_);
  }

 private:
  void line(size_t depth, const std::string& text) { out_ += std::string(2 * depth, ' ') + text + '\n'; }
  std::string expression(ExpressionId id) const { return dump(expressions_, id); }

  void add(const std::vector<Node>& nodes, size_t depth) {
    for (const Node& node : nodes) add(node, depth);
  }

  void add(const Node& node, size_t depth) {
    switch (node.kind) {
      case Node::Kind::text:
        return line(depth,
                    fmt::format("text {}..{} {}", node.span.begin, node.span.end, quote(node.content)));
      case Node::Kind::put: {
        const SourcePosition where = sources_.position(expressions_[node.expression].span);
        return line(depth, fmt::format("put {}..{} {} at {}:{}", node.span.begin, node.span.end,
                                       expression(node.expression), where.line, where.column));
      }
      case Node::Kind::choice:
        for (const Branch& branch : node.branches) {
          line(depth, branch.condition == kNoExpression ? "else" : "if " + expression(branch.condition));
          add(branch.body, depth + 1);
        }
        return;
      case Node::Kind::loop:
        line(depth, fmt::format("for {} in {}", expression(node.target), expression(node.expression)));
        return add(node.body, depth + 1);
      case Node::Kind::assignment:
        return line(depth, fmt::format("set {} = {}", expression(node.target), expression(node.expression)));
      case Node::Kind::block:
        line(depth, fmt::format("block {}", node.name));
        return add(node.body, depth + 1);
      case Node::Kind::include:
        return line(depth, fmt::format("include {}", quote(node.name)));
    }
  }

  const Sources& sources_;
  const Expressions& expressions_;
  std::string out_;
};

}  // namespace

std::string dump(const Sources& sources, const Expressions& expressions, const Tree& tree) {
  return Dumper(sources, expressions).run(tree.nodes);
}

}  // namespace testloom::templating
