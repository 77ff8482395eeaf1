#include "template/placement/python_token.h"

namespace testloom::templating {

namespace {

std::string_view kind_name(PythonToken::Kind kind) {
  constexpr std::string_view names[] = {
      "name",        "number",      "string",     "op",         "open",      "close",   "fstring_begin",
      "fstring_end", "field_begin", "conversion", "spec_begin", "field_end", "newline", "joint"};
  return names[static_cast<size_t>(kind)];
}

}  // namespace

std::string dump(const CodeText& code, const std::vector<PythonToken>& tokens) {
  std::string out;
  for (const PythonToken& token : tokens) {
    out += kind_name(token.kind);
    if (token.kind != PythonToken::Kind::newline && token.begin < token.end) {
      out += ' ';
      for (const char c : code.text(token.begin, token.end)) {
        if (c == kHole) {
          out += "${}";
        } else if (c == '\n' || c == '\r') {
          out += c == '\n' ? "\\n" : "\\r";
        } else {
          out += c;
        }
      }
    }
    if (token.shows_source) out += " shows_source";
    out += '\n';
  }
  return out;
}

}  // namespace testloom::templating
