#include "template/escape.h"

#include <cmath>

#include "base/text.h"
#include "template/comment_guard.h"
#include "template/expression/written.h"
#include "template/identifier.h"
#include "template/output/write.h"

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

// Words may be put together from the text before, the value and what follows; a character of the comment is
// escaped then.
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

std::string_view append_float(std::string& out, double number, bool may_call) {
  if (std::isnan(number)) {
    if (!may_call) return "Python has no literal for nan";
    out += "float('nan')";
  } else if (std::isinf(number)) {
    out += number < 0 ? "(-1e999)" : "1e999";  // past the largest, which Python reads as infinite
  } else {
    if (std::signbit(number)) out += '(';
    append_number(out, number);
    if (std::signbit(number)) out += ')';
  }
  return {};
}

std::string_view append_literal(std::string& out, const Datum& value, bool before_dot);

std::string_view append_items(std::string& out, const Datum& value) {
  const bool is_dict = value.is(DatumKind::dict);
  const bool is_tuple = value.is(DatumKind::tuple);
  out += is_dict ? '{' : is_tuple ? '(' : '[';
  for (uint32_t i = 0; i < value.size; ++i) {
    if (i > 0) out += ", ";
    if (is_dict) {
      if (const auto reason = append_literal(out, value.entries[i].key, false); !reason.empty())
        return reason;
      out += ": ";
    }
    const Datum& item = is_dict ? value.entries[i].value : value.items[i];
    if (const auto reason = append_literal(out, item, false); !reason.empty()) return reason;
  }
  if (is_tuple && value.size == 1) out += ',';
  out += is_dict ? '}' : is_tuple ? ')' : ']';
  return {};
}

// The value as Python's repr writes it, and so that it is one operand wherever it stands.
std::string_view append_literal(std::string& out, const Datum& value, bool before_dot) {
  if (out.size() > kMostTextBytes) return "it is longer than 16 MiB when written out";
  switch (value.kind) {
    case DatumKind::text:
      append_str_literal(out, value.text());
      return {};
    case DatumKind::integer: {
      const bool parentheses = value.integer < 0 || before_dot;
      if (parentheses) out += '(';
      append_str(out, value);
      if (parentheses) out += ')';
      return {};
    }
    case DatumKind::number:
      return append_float(out, value.number, true);
    case DatumKind::list:
    case DatumKind::tuple:
    case DatumKind::dict:
      return append_items(out, value);
    case DatumKind::iterator:
      return "what enumerate() and zip() give cannot be written: make a list of it";
    default:
      append_repr(out, value);
      return {};
  }
}

bool is_scalar(const Datum& value) { return !(value.kind >= DatumKind::list); }

constexpr std::string_view kWantsScalar = "it must be text, a number, a truth value or None there";

std::string_view append_in_field(std::string& out, const Placement& placement, const Datum& value) {
  if (value.is(DatumKind::text)) {
    return append_identifier(out, value.text(), {.rule = Rule::identifier, .begins = true, .alone = true});
  }
  if (value.is(DatumKind::number)) return append_float(out, value.number, false);
  if (!is_scalar(value)) return "only numbers and names can stand there";
  return append_literal(out, value, placement.before_dot);
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
    default:
      return append_identifier(out, value, placement);
  }
}

// str(value) by a rule for text.
std::string_view append_as_text(std::string& out, const Placement& placement, const Datum& value,
                                std::string_view following) {
  if (value.is(DatumKind::text)) return append_text(out, placement, value.text(), following);
  const bool is_name = placement.rule == Rule::name || placement.rule == Rule::identifier;
  if (is_name && !is_scalar(value)) return kWantsScalar;
  if (value.is(DatumKind::iterator))
    return "what enumerate() and zip() give cannot be written: make a list of it";
  std::string text;
  append_str(text, value);
  return append_text(out, placement, text, following);
}

}  // namespace

std::string_view append_value(std::string& out, const Placement& placement, const Datum& value,
                              std::string_view following) {
  switch (placement.rule) {
    case Rule::expression:
      return append_literal(out, value, placement.before_dot);
    case Rule::number_or_name:
      return append_in_field(out, placement, value);
    case Rule::str_text:
    case Rule::bytes_text:
    case Rule::comment:
    case Rule::name:
    case Rule::identifier:
      return append_as_text(out, placement, value, following);
    default:
      return append_for_output(out, placement, value);
  }
}

}  // namespace testloom::templating
