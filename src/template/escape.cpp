#include "template/escape.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "template/comment_guard.h"
#include "template/python_words.h"

namespace testloom::templating {

namespace {

void append_hex(std::string& out, uint32_t number, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    out += "0123456789abcdef"[(number >> shift) & 0xF];
}

void append_escape(std::string& out, char32_t c) {
  const uint32_t number = c;
  if (c == '\n' || c == '\r' || c == '\t') {
    out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
  } else if (c < 0x100) {
    append_hex(out += "\\x", number, 2);
  } else if (c < 0x10000) {
    append_hex(out += "\\u", number, 4);
  } else {
    append_hex(out += "\\U", number, 8);
  }
}

// Appends `value` with unprintable characters escaped; `write_ascii(c)` appends a printable ASCII character.
template <typename WriteAscii>
void append_printable(std::string& out, std::string_view value, WriteAscii write_ascii) {
  for (size_t at = 0; at < value.size();) {
    const CodePoint point = decode_utf8(value, at);
    if (is_unprintable(point.value)) {
      append_escape(out, point.value);
    } else if (point.length == 1) {
      write_ascii(static_cast<char>(point.value));
    } else {
      out += value.substr(at, point.length);
    }
    at += point.length;
  }
}

void append_str_text(std::string& out, std::string_view value, char quote, bool in_fstring) {
  append_printable(out, value, [&](char c) {
    if (c == '\\' || c == quote) {
      out += '\\';
    } else if (in_fstring && (c == '{' || c == '}')) {
      out += c;
    }
    out += c;
  });
}

void append_bytes_text(std::string& out, std::string_view value, char quote) {
  for (const char c : value) {
    const uint8_t byte = static_cast<uint8_t>(c);
    if (byte >= 0x7F || byte < 0x20) {
      append_escape(out, byte);
    } else {
      if (c == '\\' || c == quote) out += '\\';
      out += c;
    }
  }
}

void append_str_literal(std::string& out, std::string_view value) {
  const bool has_single = value.find('\'') != std::string_view::npos;
  const char quote = has_single && value.find('"') == std::string_view::npos ? '"' : '\'';
  out += quote;
  append_str_text(out, value, quote, false);
  out += quote;
}

void append_comment_text(std::string& out, std::string_view value, bool on_top, std::string_view following) {
  append_printable(out, value, [&](char c) {
    if (completes_magic_comment(out, c, on_top)) {
      append_escape(out, static_cast<uint8_t>(c));
    } else {
      out += c;
    }
  });
  if (becomes_magic_comment(out, following, on_top)) {
    const char last = out.back();
    out.pop_back();
    append_escape(out, static_cast<uint8_t>(last));
  }
}

constexpr size_t kHashDigits = 8;

bool is_hash_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

// Whether a value ends as mapped values do. At least one letter, so that a date at the end is not one.
bool looks_mapped(std::string_view value) {
  if (value.size() < kHashDigits + 1 || value[value.size() - kHashDigits - 1] != '_') return false;
  const std::string_view tail = value.substr(value.size() - kHashDigits);
  return std::all_of(tail.begin(), tail.end(), is_hash_digit) &&
         !std::all_of(tail.begin(), tail.end(), is_digit);
}

// Whether fixed underscores or other values around this one could make a name that Python reserves, such as
// __debug__ or __peg_parser__.
bool may_be_reserved_part(std::string_view value) {
  constexpr std::string_view kWords[] = {"debug", "future", "peg", "parser"};
  if (value.front() != '_' && value.back() != '_') return false;
  if (value.find_first_not_of('_') == std::string_view::npos) return true;
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](std::string_view word) { return value.find(word) != std::string_view::npos; });
}

bool is_name_already(std::string_view value, const Placement& placement) {
  if (value.empty() || !std::all_of(value.begin(), value.end(), is_word_byte)) return false;
  if (placement.begins && is_digit(value.front())) return false;
  if (placement.alone && is_keyword(value)) return false;
  return !looks_mapped(value) && !may_be_reserved_part(value);
}

// A name made of the value; the hash keeps two values apart that differ only in what a name cannot hold.
void append_name(std::string& out, std::string_view value, const Placement& placement) {
  if (is_name_already(value, placement)) {
    out += value;
    return;
  }
  if (placement.begins && !value.empty() && is_digit(value.front())) out += '_';
  for (size_t at = 0; at < value.size(); at += decode_utf8(value, at).length) {
    out += is_word_byte(value[at]) ? value[at] : '_';
  }
  out += '_';
  std::string hash = short_hash(value, kHashDigits);
  if (std::all_of(hash.begin(), hash.end(), is_digit)) hash[0] = static_cast<char>('a' + (hash[0] - '0') % 6);
  out += hash;
}

std::string_view append_identifier(std::string& out, std::string_view value, const Placement& placement) {
  const bool made_of_words = !value.empty() && std::all_of(value.begin(), value.end(), is_word_byte);
  if (!made_of_words || (placement.begins && is_digit(value.front()))) {
    return "it must be a name there: letters, digits and '_', no digit first";
  }
  const bool taken =
      placement.alone ? is_keyword(value) || is_reserved_name(value) : may_be_reserved_part(value);
  if (taken) return "it must be a name there, and this one belongs to Python";
  out += value;
  return {};
}

std::string_view append_text(std::string& out, const Placement& placement, std::string_view value,
                             std::string_view following) {
  switch (placement.rule) {
    case Rule::str_text:
      append_str_text(out, value, placement.quote, placement.in_fstring);
      return {};
    case Rule::bytes_text:
      append_bytes_text(out, value, placement.quote);
      return {};
    case Rule::comment:
      append_comment_text(out, value, placement.on_top, following);
      return {};
    case Rule::name:
      append_name(out, value, placement);
      return {};
    case Rule::identifier:
      return append_identifier(out, value, placement);
    case Rule::expression:
      append_str_literal(out, value);
      return {};
    case Rule::number_or_name:
      return append_identifier(out, value, {.rule = Rule::identifier, .begins = true, .alone = true});
  }
  return {};
}

}  // namespace

std::string_view append_value(std::string& out, const Placement& placement, const Value& value,
                              std::string_view following) {
  if (const std::string* text = std::get_if<std::string>(&value)) {
    return append_text(out, placement, *text, following);
  }
  const int64_t number = std::get<int64_t>(value);
  std::array<char, 24> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  const std::string_view text(digits.data(), static_cast<size_t>(written.ptr - digits.data()));
  if (placement.rule != Rule::expression && placement.rule != Rule::number_or_name) {
    return append_text(out, placement, text, following);
  }
  const bool parentheses = number < 0 || placement.before_dot;
  if (parentheses) out += '(';
  out += text;
  if (parentheses) out += ')';
  return {};
}

}  // namespace testloom::templating
