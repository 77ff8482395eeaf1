#include "template/output/shell_text.h"

#include <algorithm>
#include <limits>

#include "template/expression/written.h"
#include "template/output/datum_text.h"

namespace testloom::templating {

namespace {

void append_single(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
}

void append_word(std::string& out, std::string_view text, bool always_quoted) {
  if (!always_quoted && !text.empty() && std::all_of(text.begin(), text.end(), is_plain_in_shell)) {
    out += text;
    return;
  }
  out += '\'';
  append_single(out, text);
  out += '\'';
}

void append_double(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\' || c == '"' || c == '$' || c == '`') out += '\\';
    out += c;
  }
}

std::string_view append_integer(std::string& out, const Datum& value) {
  if (!value.is(DatumKind::integer)) return "it must be an integer there: it stands in arithmetic";
  if (value.integer >= 0) {
    append_str(out, value);
  } else if (value.integer == std::numeric_limits<int64_t>::min()) {
    out += "(-9223372036854775807 - 1)";  // the digits alone are too large for a shell
  } else {
    out += '(';
    append_str(out, value);
    out += ')';
  }
  return {};
}

}  // namespace

std::string_view append_shell(std::string& out, const Placement& placement, const Datum& value) {
  if (placement.rule == Rule::shell_number) return append_integer(out, value);
  const DatumText written(value);
  if (!written.reason().empty()) return written.reason();
  const std::string_view text = written.text();
  if (text.find('\0') != std::string_view::npos) return "it must not hold a NUL byte there: no shell can";
  if (placement.rule == Rule::shell_single) {
    append_single(out, text);
  } else if (placement.rule == Rule::shell_double) {
    append_double(out, text);
  } else {
    append_word(out, text, placement.quote != '\0');
  }
  return {};
}

}  // namespace testloom::templating
