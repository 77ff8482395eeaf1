#include "template/placement/name_place.h"

#include <fmt/core.h>

#include "base/text.h"
#include "template/python_words.h"

namespace testloom::templating {

namespace {

using Kind = PythonToken::Kind;

bool is_beyond_ascii(char c) { return static_cast<uint8_t>(c) >= 0x80; }

// A word of Python's that values can make of the name, or nothing. No value is empty in a name, and none
// that could be the rest of a dunder name of Python's begins or ends with an underscore (escape sees to it).
std::string_view find_spelled_word(std::string_view name) {
  std::string glob;
  bool has_letters = false;
  for (const char c : name) {
    if (c == kHole) {
      glob += "?*";
    } else {
      glob += c;
      has_letters = has_letters || c != '_';
    }
  }
  for (const std::string_view word : keywords()) {
    if (matches_glob(glob, word)) return word;
  }
  const bool dunder = name.starts_with("__") && name.ends_with("__");
  if (!has_letters && !dunder) return {};
  for (const std::string_view word : reserved_names()) {
    if (matches_glob(glob, word)) return word;
  }
  return {};
}

// A word of Python's that is all of the fixed text beside a value, as in ${size}else.
std::string_view find_touched_word(std::string_view name) {
  for (size_t begin = 0; begin < name.size();) {
    const size_t end = std::min(name.find(kHole, begin), name.size());
    if (is_keyword(name.substr(begin, end - begin))) return name.substr(begin, end - begin);
    begin = end + 1;
  }
  return {};
}

}  // namespace

void refuse_holes(const CodeText& code, const PythonToken& token, Verdicts& verdicts, std::string_view where,
                  std::string_view hint) {
  for_each_hole(code, token.begin, token.end, [&](size_t site) { verdicts.refuse(site, where, hint); });
}

bool refuse_touching(const CodeText& code, const PythonToken* previous, const PythonToken& name,
                     const PythonToken* next, Verdicts& verdicts) {
  const auto is_literal = [](const PythonToken& token) {
    return token.kind == Kind::string || token.kind == Kind::fstring_begin || token.kind == Kind::fstring_end;
  };
  const PythonToken* before = previous && previous->end == name.begin ? previous : nullptr;
  const PythonToken* after = next && next->begin == name.end ? next : nullptr;
  const auto refuse = [&](std::string_view where, std::string_view hint) {
    refuse_holes(code, name, verdicts, where, hint);
    return true;
  };
  if (name.begin > 0 && code.at(name.begin - 1) == '\\') {
    return refuse("directly after a backslash", "leave the backslash out");
  }
  if ((before && is_literal(*before)) || (after && is_literal(*after))) {
    return refuse("touching a string literal",
                  "the value could become a string prefix: write the placeholder inside the quotes");
  }
  if ((before && before->kind == Kind::number) || (after && after->kind == Kind::number)) {
    return refuse("inside a number or touching one", "compute the number in Python, such as 10 * value");
  }
  for (size_t at = name.begin; at < name.end; ++at) {
    const bool touched = code.is_hole(at) && ((at > name.begin && is_beyond_ascii(code.at(at - 1))) ||
                                              (at + 1 < name.end && is_beyond_ascii(code.at(at + 1))));
    if (touched) {
      return refuse("beside a letter beyond ASCII in a name", "Python may join the two: write '_' between");
    }
  }
  return false;
}

void place_name_parts(const CodeText& code, const PythonToken& name, bool must_be_identifier,
                      Verdicts& verdicts) {
  const std::string_view text = code.text(name.begin, name.end);
  if (const std::string_view word = find_touched_word(text); !word.empty()) {
    refuse_holes(code, name, verdicts, fmt::format("touching the word '{}'", word),
                 "write a blank between the two");
    return;
  }
  if (const std::string_view word = find_spelled_word(text); !word.empty()) {
    refuse_holes(code, name, verdicts, fmt::format("where it could spell '{}'", word),
                 "write '_' or a digit beside it");
    return;
  }
  for (size_t at = name.begin; at < name.end; ++at) {
    if (!code.is_hole(at)) continue;
    verdicts.accept(code.placeholder_at(at),
                    {.rule = must_be_identifier ? Rule::identifier : Rule::name, .begins = at == name.begin});
  }
}

}  // namespace testloom::templating
