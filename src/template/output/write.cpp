#include "template/output/write.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/text.h"
#include "template/output/datum_text.h"
#include "template/output/json_text.h"
#include "template/output/shell_text.h"
#include "template/output/yaml_text.h"

namespace testloom::templating {

namespace {

void append_escape(std::string& out, char32_t c) {
  const uint32_t number = c;
  if (c == '\n' || c == '\r' || c == '\t') {
    out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
  } else {
    out += number < 0x100     ? fmt::format("\\x{:02x}", number)
           : number < 0x10000 ? fmt::format("\\u{:04x}", number)
                              : fmt::format("\\U{:08x}", number);
  }
}

void append_remark(std::string& out, std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    if (point.valid && !is_unprintable(point.value)) {
      out += text.substr(at, point.length);
    } else {
      append_escape(out, point.value);
    }
    at += point.length;
  }
}

std::string_view append_directive(std::string& out, std::string_view text) {
  const bool is_plain =
      !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), is_plain_in_shell);
  if (!is_plain) {
    return "it must be letters, digits and _./:@%+,- there, no '-' first: the batch system reads the line";
  }
  out += text;
  return {};
}

std::string_view append_as_text(std::string& out, const Placement& placement, const Datum& value) {
  const DatumText written(value);
  if (!written.reason().empty()) return written.reason();
  if (placement.rule == Rule::verbatim) {
    out += written.text();
  } else if (placement.on_top) {
    return append_directive(out, written.text());
  } else {
    append_remark(out, written.text());
  }
  return {};
}

}  // namespace

std::string_view append_for_output(std::string& out, const Placement& placement, const Datum& value) {
  switch (placement.rule) {
    case Rule::json_text:
    case Rule::json_value:
    case Rule::json_key:
      return append_json(out, placement, value);
    case Rule::yaml_double:
    case Rule::yaml_single:
    case Rule::yaml_value:
    case Rule::yaml_block:
      return append_yaml(out, placement, value);
    case Rule::shell_word:
    case Rule::shell_double:
    case Rule::shell_single:
    case Rule::shell_number:
      return append_shell(out, placement, value);
    default:
      return append_as_text(out, placement, value);
  }
}

}  // namespace testloom::templating
