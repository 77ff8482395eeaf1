#include "template/placement/comment.h"

#include <fmt/core.h>

#include "template/python_words.h"

namespace testloom::templating {

namespace {

constexpr std::string_view kBlanks = " \t";

bool is_utf8_name(std::string_view name) {
  std::string plain;
  for (const char c : name) plain += c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return plain == "utf-8" || plain == "utf8";
}

bool is_encoding_byte(char c) { return is_word_byte(c) || c == '-' || c == '.'; }

// Every `coding: NAME` and `coding=NAME` of the comment, which is what PEP 263 makes Python look for.
void check_encoding(const CodeText& code, size_t begin, size_t end, Verdicts& verdicts, Mistakes& mistakes) {
  constexpr std::string_view word = "coding";
  const std::string_view comment = code.text(begin, end);
  for (size_t found = 0; (found = comment.find(word, found)) != std::string_view::npos;) {
    found += word.size();
    const char sign = found < comment.size() ? comment[found] : '\n';
    if (sign != ':' && sign != '=') continue;
    const size_t first = std::min(comment.find_first_not_of(kBlanks, found + 1), comment.size());
    size_t last = first;
    while (last < comment.size() && is_encoding_byte(comment[last])) ++last;
    if (code.is_hole(begin + last) && begin + last < end) {
      verdicts.refuse(code.placeholder_at(begin + last), "in the declaration of the file's encoding",
                      "templates are UTF-8: leave the declaration out");
    } else if (last > first && !is_utf8_name(comment.substr(first, last - first))) {
      mistakes.push_back({code.source_span(begin + first, begin + last),
                          fmt::format("the declared encoding is '{}'", comment.substr(first, last - first)),
                          "templates are UTF-8: leave the declaration out"});
    }
  }
}

// Whether `text` begins, after blanks, with the words that make a type comment.
bool begins_type(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  return first != std::string_view::npos && text.substr(first).starts_with("type:");
}

}  // namespace

void place_comment(const CodeText& code, size_t begin, size_t end, bool on_top, Verdicts& verdicts,
                   Mistakes& mistakes) {
  const std::string_view hint = "begin the comment with another word";
  const bool is_type_comment = begins_type(code.text(begin + 1, end));
  const size_t sign = code.text(begin, end).find_last_of(":=");
  const size_t last_sign = sign == std::string_view::npos ? 0 : begin + sign;
  bool only_values = true;  // so far the comment holds nothing but blanks and placeholders
  for (size_t at = begin + 1; at < end; ++at) {
    if (!code.is_hole(at)) {
      if (kBlanks.find(code.at(at)) == std::string_view::npos) only_values = false;
      continue;
    }
    const size_t site = code.placeholder_at(at);
    if (begin == 0 && code.at(1) == '!') {
      verdicts.refuse(site, "in the line that names the interpreter", "write the interpreter's name");
    } else if (is_type_comment) {
      verdicts.refuse(site, "in a type comment", hint);
    } else if (only_values && begins_type(code.text(at + 1, end))) {
      verdicts.refuse(site, "where an empty value would make a type comment", hint);
    } else {
      const bool guarded = at < last_sign;
      verdicts.accept(site, {.rule = Rule::comment, .on_top = on_top, .guarded = guarded});
    }
  }
  if (on_top) check_encoding(code, begin, end, verdicts, mistakes);
}

}  // namespace testloom::templating
