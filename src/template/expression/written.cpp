#include "template/expression/written.h"

#include <span>

#include <fmt/core.h>

#include "base/text.h"
#include "template/expression/number_text.h"
#include "template/expression/room.h"
#include "template/expression/unicode.h"

namespace testloom::templating {

namespace {

void append_hex(std::string& out, char32_t c, char mark, int digits) {
  out += '\\';
  out += mark;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789abcdef"[(c >> shift) & 0xF];
}

void append_escape(std::string& out, char32_t c) {
  if (c == '\n' || c == '\r' || c == '\t') {
    out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
  } else if (c < 0x100) {
    append_hex(out, c, 'x', 2);
  } else if (c < 0x10000) {
    append_hex(out, c, 'u', 4);
  } else {
    append_hex(out, c, 'U', 8);
  }
}

// How many bytes from `at` on stand in a literal as they are.
size_t plain_run(std::string_view text, size_t at, char quote) {
  size_t end = at;
  while (end < text.size() && text[end] >= ' ' && text[end] < 0x7F && text[end] != quote &&
         text[end] != '\\') {
    ++end;
  }
  return end - at;
}

void append_text_repr(std::string& out, std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
  out += quote;
  for (size_t at = 0; at < text.size();) {
    const size_t plain = plain_run(text, at, quote);
    out += text.substr(at, plain);
    at += plain;
    if (at == text.size()) break;
    const CodePoint point = decode_utf8(text, at);
    if (point.value == static_cast<char32_t>(quote) || point.value == '\\') {
      out += '\\';
      out += text[at];
    } else if (point.value >= 0x80 && is_printable(point.value)) {
      out += text.substr(at, point.length);
    } else {
      append_escape(out, point.value);
    }
    at += point.length;
  }
  out += quote;
}

// Writes one value and what is in it; `start` is where it began.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out), start_(out.size()) {}

  void write(const Datum& datum) {
    if (out_.size() - start_ > kMostTextBytes) fail_for_long_text();
    switch (datum.kind) {
      case DatumKind::none:
        out_ += "None";
        break;
      case DatumKind::boolean:
        out_ += datum.boolean ? "True" : "False";
        break;
      case DatumKind::integer:
        out_ += NumberText(datum.integer).text();
        break;
      case DatumKind::number:
        append_number(out_, datum.number);
        break;
      case DatumKind::text:
        append_text_repr(out_, datum.text());
        break;
      case DatumKind::list:
        out_ += '[';
        write_items(datum);
        out_ += ']';
        break;
      case DatumKind::tuple:
        out_ += '(';
        write_items(datum);
        out_ += datum.size == 1 ? ",)" : ")";
        break;
      case DatumKind::dict:
        write_dict(datum);
        break;
      case DatumKind::range:
        write_range(*datum.range);
        break;
      case DatumKind::iterator:
        throw EvaluationError{"what enumerate() and zip() give cannot be written as text",
                              "go through it in a loop"};
      case DatumKind::absent:
        throw EvaluationError{"there is no value to write"};
    }
  }

 private:
  void write_items(const Datum& items) {
    for (const Datum* item = items.begin(); item != items.end(); ++item) {
      if (item != items.begin()) out_ += ", ";
      write(*item);
    }
  }

  void write_dict(const Datum& dict) {
    out_ += '{';
    for (const DatumEntry& entry : std::span(dict.entries, dict.size)) {
      if (&entry != dict.entries) out_ += ", ";
      write(entry.key);
      out_ += ": ";
      write(entry.value);
    }
    out_ += '}';
  }

  void write_range(const RangeParts& range) {
    out_ += "range(";
    out_ += NumberText(range.start).text();
    out_ += ", ";
    out_ += NumberText(range.stop).text();
    if (range.step != 1) {
      out_ += ", ";
      out_ += NumberText(range.step).text();
    }
    out_ += ')';
  }

  std::string& out_;
  size_t start_;
};

}  // namespace

void append_str(std::string& out, const Datum& datum) {
  if (datum.is(DatumKind::text)) {
    out += datum.text();
  } else {
    Writer(out).write(datum);
  }
}

void append_repr(std::string& out, const Datum& datum) { Writer(out).write(datum); }

void append_number(std::string& out, double number) { out += NumberText(number).text(); }

std::string shown(const Datum& datum) {
  constexpr size_t kMostShown = 60;
  if (datum.is(DatumKind::text)) return quote(datum.text(), kMostShown);
  const bool short_one = datum.size < 100 && !datum.is(DatumKind::iterator) && !datum.is(DatumKind::absent);
  if (!short_one) return fmt::format("of type '{}'", type_name(datum));
  std::string repr;
  try {
    append_repr(repr, datum);
  } catch (const EvaluationError&) {
    return fmt::format("of type '{}'", type_name(datum));  // what is in it cannot be written
  }
  return one_line(repr, kMostShown);
}

}  // namespace testloom::templating
