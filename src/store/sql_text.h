// Texts as parts of SQL statements, where a parameter cannot stand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace testloom {

// 'text' and "name", with what is in them doubled.
inline std::string sql_quoted(std::string_view text, char mark) {
  std::string out(1, mark);
  for (const char c : text) out.append(c == mark ? 2 : 1, c);
  return out += mark;
}
inline std::string sql_text(std::string_view text) { return sql_quoted(text, '\''); }
inline std::string sql_name(std::string_view name) { return sql_quoted(name, '"'); }

// A place in JSON by the keys that lead there (RFC 6901).
inline std::string json_pointer(const std::vector<std::string>& path) {
  std::string pointer;
  for (const std::string& key : path) {
    pointer += '/';
    for (const char c : key) pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return pointer;
}

}  // namespace testloom
