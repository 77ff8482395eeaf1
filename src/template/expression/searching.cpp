#include "template/expression/searching.h"

#include <cstring>

#include "template/expression/work.h"

namespace testloom::templating {

size_t find_text(std::string_view text, std::string_view wanted, size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (wanted.empty()) return from;
  // Not string_view's own, which takes the product of both lengths.
  const void* found = memmem(text.data() + from, text.size() - from, wanted.data(), wanted.size());
  const size_t at =
      found ? static_cast<size_t>(static_cast<const char*>(found) - text.data()) : std::string_view::npos;
  spend((found ? at : text.size()) - from);
  return at;
}

size_t find_last(std::string_view text, std::string_view wanted) {
  if (wanted.size() > text.size()) return std::string_view::npos;
  size_t at = text.size() - wanted.size() + 1;
  while (at > 0 && (at = text.rfind(wanted.front(), at - 1)) != std::string_view::npos) {
    spend(wanted.size());
    if (text.compare(at, wanted.size(), wanted) == 0) return at;
  }
  return std::string_view::npos;
}

}  // namespace testloom::templating
