#include "template/output/flow_text.h"

#include <algorithm>

#include "base/text.h"
#include "template/expression/written.h"

namespace testloom::templating {

namespace {

constexpr size_t kDeepestValue = 100;
// Readers of YAML give up looking for the colon behind a key of more than 1024 characters; escapes included.
constexpr size_t kLongestKey = 1000;

void append_hex(std::string& out, uint32_t number, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += "0123456789abcdef"[(number >> shift) & 0xF];
  }
}

void append_escape(std::string& out, char32_t c, FlowDialect dialect) {
  const uint32_t number = c;
  if (c == '\n' || c == '\r' || c == '\t') {
    out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
  } else if (number < 0x10000) {
    append_hex(out += "\\u", number, 4);
  } else if (dialect == FlowDialect::yaml) {
    append_hex(out += "\\U", number, 8);
  } else {
    append_hex(out += "\\u", 0xD800 + ((number - 0x10000) >> 10), 4);
    append_hex(out += "\\u", 0xDC00 + ((number - 0x10000) & 0x3FF), 4);
  }
}

bool is_plain_byte(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

class FlowWriter {
 public:
  FlowWriter(std::string& out, FlowDialect dialect) : out_(out), dialect_(dialect) {}

  std::string_view write(const Datum& value, size_t depth) {
    if (depth > kDeepestValue) return "its lists and dicts are nested more than 100 deep";
    if (out_.size() > kMostTextBytes) return "it is longer than 16 MiB when written out";
    switch (value.kind) {
      case DatumKind::absent:
        return "it has no value";
      case DatumKind::none:
        out_ += "null";
        return {};
      case DatumKind::boolean:
        out_ += value.boolean ? "true" : "false";
        return {};
      case DatumKind::integer:
        append_str(out_, value);
        return {};
      case DatumKind::number:
        return write_number(value.number);
      case DatumKind::text:
        write_text(value.text());
        return {};
      case DatumKind::list:
      case DatumKind::tuple:
        return write_list(value, depth);
      case DatumKind::dict:
        return write_dict(value, depth);
      case DatumKind::range:
        return write_range(*value.range);
      case DatumKind::iterator:
        return "it can only be gone through: make a list of it, such as [x for x in ...]";
    }
    return "it has no value";
  }

 private:
  void write_text(std::string_view text) {
    out_ += '"';
    append_flow_text(out_, text, dialect_);
    out_ += '"';
  }

  std::string_view write_number(double number) {
    std::string digits;
    append_number(digits, number);
    const bool is_finite = number - number == 0;
    if (dialect_ == FlowDialect::json) {
      if (!is_finite) return "JSON has no infinity and no nan";
    } else if (!is_finite) {
      digits = number != number ? ".nan" : number > 0 ? ".inf" : "-.inf";
    } else if (const size_t exponent = digits.find('e');
               exponent != std::string::npos && digits.find('.') == std::string::npos) {
      digits.insert(exponent, ".0");  // YAML 1.1 reads 1e+16 as text
    }
    out_ += digits;
    return {};
  }

  std::string_view write_list(const Datum& list, size_t depth) {
    out_ += '[';
    for (const Datum& item : list) {
      if (&item != list.begin()) out_ += ", ";
      if (const std::string_view reason = write(item, depth + 1); !reason.empty()) return reason;
    }
    out_ += ']';
    return {};
  }

  std::string_view write_range(const RangeParts& range) {
    if (range.length > static_cast<int64_t>(kMostItems)) return "it has more than 1000000 items";
    out_ += '[';
    for (int64_t i = 0; i < range.length; ++i) {
      if (i > 0) out_ += ", ";
      append_str(out_, integer_datum(range.start + i * range.step));
    }
    out_ += ']';
    return {};
  }

  std::string_view write_dict(const Datum& dict, size_t depth) {
    out_ += '{';
    for (size_t i = 0; i < dict.size; ++i) {
      const DatumEntry& entry = dict.entries[i];
      if (i > 0) out_ += ", ";
      if (!entry.key.is(DatumKind::text)) return "the keys of its dicts must be text there";
      const size_t begin = out_.size();
      write_text(entry.key.text());
      if (dialect_ == FlowDialect::yaml && out_.size() - begin > kLongestKey) out_.insert(begin, "? ");
      out_ += ": ";
      if (const std::string_view reason = write(entry.value, depth + 1); !reason.empty()) return reason;
    }
    out_ += '}';
    return {};
  }

  std::string& out_;
  FlowDialect dialect_;
};

}  // namespace

void append_flow_text(std::string& out, std::string_view text, FlowDialect dialect) {
  for (size_t at = 0; at < text.size();) {
    const size_t plain = std::find_if_not(text.begin() + at, text.end(), is_plain_byte) - text.begin();
    out += text.substr(at, plain - at);
    at = plain;
    if (at == text.size()) break;
    const CodePoint point = decode_utf8(text, at);
    if (point.value == '"' || point.value == '\\') {
      out += '\\';
      out += static_cast<char>(point.value);
    } else if (is_unprintable(point.value)) {
      append_escape(out, point.value, dialect);
    } else {
      out += text.substr(at, point.length);
    }
    at += point.length;
  }
}

std::string_view append_flow_value(std::string& out, const Datum& value, FlowDialect dialect) {
  return FlowWriter(out, dialect).write(value, 0);
}

}  // namespace testloom::templating
