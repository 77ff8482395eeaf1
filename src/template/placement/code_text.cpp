#include "template/placement/code_text.h"

#include <algorithm>

namespace testloom::templating {

void CodeText::add(const std::vector<Node>& nodes) {
  for (const Node& node : nodes) {
    switch (node.kind) {
      case Node::Kind::text: {
        const bool verbatim = node.content.size() == node.span.end - node.span.begin;
        anchors_.push_back({text_.size(), node.span, verbatim});
        text_ += node.content;
        break;
      }
      case Node::Kind::put:
        anchors_.push_back({text_.size(), node.span, false});
        holes_.push_back(text_.size());
        text_ += kHole;
        break;
      case Node::Kind::choice:
        for (const Branch& branch : node.branches) {
          const bool is_first = &branch == &node.branches.front();
          joints_.push_back({is_first ? Joint::Kind::if_begin : Joint::Kind::if_next, text_.size(),
                             branch.statement, branch.condition == kNoExpression});
          add(branch.body);
        }
        joints_.push_back({Joint::Kind::if_end, text_.size(), node.end, false});
        break;
      case Node::Kind::loop:
        joints_.push_back({Joint::Kind::for_begin, text_.size(), node.span, false});
        add(node.body);
        joints_.push_back({Joint::Kind::for_end, text_.size(), node.end, false});
        break;
      case Node::Kind::block:
        add(node.body);
        break;
      case Node::Kind::assignment:
      case Node::Kind::include:
        break;
    }
  }
}

size_t CodeText::placeholder_at(size_t offset) const {
  return std::lower_bound(holes_.begin(), holes_.end(), offset) - holes_.begin();
}

Span CodeText::locate(size_t offset) const {
  auto anchor = std::upper_bound(anchors_.begin(), anchors_.end(), offset,
                                 [](size_t value, const Anchor& a) { return value < a.code; });
  --anchor;
  if (!anchor->verbatim) return anchor->source;
  const size_t at = anchor->source.begin + (offset - anchor->code);
  return {at, at + 1, anchor->source.file};
}

Span CodeText::source_span(size_t begin, size_t end) const {
  if (anchors_.empty()) return {};
  const Span first = locate(begin);
  const Span last = locate(end > begin ? end - 1 : begin);
  if (last.file != first.file || last.end < first.begin) return first;  // the texts of several files
  return {first.begin, last.end, first.file};
}

}  // namespace testloom::templating
