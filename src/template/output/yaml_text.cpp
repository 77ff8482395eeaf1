#include "template/output/yaml_text.h"

#include "base/text.h"
#include "template/output/datum_text.h"
#include "template/output/flow_text.h"

namespace testloom::templating {

namespace {

constexpr size_t kLongestKey = 1000;  // readers look for the colon in 1024 characters

bool is_printable(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    if (!point.valid || is_unprintable(point.value)) return false;
    at += point.length;
  }
  return true;
}

std::string_view append_double(std::string& out, std::string_view text, bool on_several_lines) {
  if (on_several_lines && text.empty()) {
    return "it must not be empty there: blanks beside it could end a line of the scalar, and would be lost";
  }
  const bool escape_first = on_several_lines && text.starts_with(' ');
  const bool escape_last = on_several_lines && text.size() > 1 && text.ends_with(' ');
  if (escape_first) {
    out += "\\x20";
    text.remove_prefix(1);
  }
  if (escape_last) text.remove_suffix(1);
  append_flow_text(out, text, FlowDialect::yaml);
  if (escape_last) out += "\\x20";
  return {};
}

std::string_view append_single(std::string& out, std::string_view text) {
  if (!is_printable(text)) {
    return "it must be printable text on one line there: nothing can be escaped in single quotes";
  }
  for (const char c : text) {
    if (c == '\'') out += c;
    out += c;
  }
  return {};
}

std::string_view append_block(std::string& out, std::string_view text, bool begins_fold) {
  if (!is_printable(text)) return "it must be printable text on one line there: it stands in a block scalar";
  if (begins_fold && (text.empty() || text.front() == ' ')) {
    return "it must begin with something other than a blank there: it begins a line of a folded scalar";
  }
  out += text;
  return {};
}

std::string_view append_inside(std::string& out, const Placement& placement, const Datum& value) {
  const DatumText written(value);
  if (!written.reason().empty()) return written.reason();
  if (placement.rule == Rule::yaml_single) return append_single(out, written.text());
  if (placement.rule == Rule::yaml_block) return append_block(out, written.text(), placement.begins);
  return append_double(out, written.text(), placement.begins);
}

}  // namespace

std::string_view append_yaml(std::string& out, const Placement& placement, const Datum& value) {
  const size_t begin = out.size();
  const bool is_whole = placement.rule == Rule::yaml_value;
  const bool is_scalar = value.kind >= DatumKind::none && value.kind <= DatumKind::text;
  if (is_whole && placement.alone && !is_scalar)
    return "it must be a single value there: it is a mapping's key";
  const std::string_view reason =
      is_whole ? append_flow_value(out, value, FlowDialect::yaml) : append_inside(out, placement, value);
  if (reason.empty() && placement.alone && out.size() - begin > kLongestKey) {
    return "it must be shorter there: a mapping's key has at most 1000 bytes";
  }
  return reason;
}

}  // namespace testloom::templating
