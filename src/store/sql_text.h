// Texts as parts of SQL statements, where a parameter cannot stand.
#pragma once

#include <string>
#include <string_view>

namespace testloom {

// 'text' and "name", with what is in them doubled.
inline std::string sql_quoted(std::string_view text, char mark) {
  std::string out(1, mark);
  for (const char c : text) out.append(c == mark ? 2 : 1, c);
  return out += mark;
}
inline std::string sql_text(std::string_view text) { return sql_quoted(text, '\''); }
inline std::string sql_name(std::string_view name) { return sql_quoted(name, '"'); }

}  // namespace testloom
