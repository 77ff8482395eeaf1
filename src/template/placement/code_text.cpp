#include "template/placement/code_text.h"

#include <algorithm>

namespace testloom::templating {

CodeText::CodeText(const Tree& tree) {
  for (const Node& node : tree.nodes) {
    if (const Text* piece = std::get_if<Text>(&node)) {
      const bool verbatim = piece->content.size() == piece->span.end - piece->span.begin;
      anchors_.push_back({text_.size(), piece->span, verbatim});
      text_ += piece->content;
    } else {
      anchors_.push_back({text_.size(), std::get<Placeholder>(node).span, false});
      holes_.push_back(text_.size());
      text_ += kHole;
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
  return {at, at + 1};
}

Span CodeText::source_span(size_t begin, size_t end) const {
  return {locate(begin).begin, locate(end > begin ? end - 1 : begin).end};
}

}  // namespace testloom::templating
