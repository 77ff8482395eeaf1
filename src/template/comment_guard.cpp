#include "template/comment_guard.h"

namespace testloom::templating {

namespace {

constexpr std::string_view kEncodingWord = "coding";
constexpr std::string_view kTypeWord = "type";

// Whether `rendered` ends in a '#' and blanks. Where it is blanks alone, the '#' stands before what was
// given.
bool ends_at_comment_start(std::string_view rendered) {
  const size_t last = rendered.find_last_not_of(" \t");
  return last == std::string_view::npos || rendered[last] == '#';
}

// Whether `rendered` ends in the part of `word` that `rest` lacks, which is at least one character; `before`
// is set to what stands before that part.
bool ends_in_word(std::string_view rendered, std::string_view word, std::string_view rest,
                  std::string_view& before) {
  if (rest.size() >= word.size() || !word.ends_with(rest)) return false;
  const std::string_view part = word.substr(0, word.size() - rest.size());
  if (!rendered.ends_with(part)) return false;
  before = rendered.substr(0, rendered.size() - part.size());
  return true;
}

bool is_magic(std::string_view rendered, std::string_view rest, char sign, bool on_top) {
  std::string_view before;
  if (on_top && ends_in_word(rendered, kEncodingWord, rest, before)) return true;
  return sign == ':' && ends_in_word(rendered, kTypeWord, rest, before) && ends_at_comment_start(before);
}

}  // namespace

bool completes_magic_comment(std::string_view rendered, char next, bool on_top) {
  return (next == ':' || next == '=') && is_magic(rendered, {}, next, on_top);
}

bool becomes_magic_comment(std::string_view rendered, std::string_view following, bool on_top) {
  const size_t sign = following.substr(0, kEncodingWord.size()).find_first_of(":=");
  if (sign == std::string_view::npos) return false;
  return is_magic(rendered, following.substr(0, sign), following[sign], on_top);
}

}  // namespace testloom::templating
