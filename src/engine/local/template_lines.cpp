#include "engine/local/template_lines.h"

#include <charconv>

#include <fmt/format.h>

namespace testloom {

namespace {

// "template 'vision'" is how errors name a template of the store.
std::string file_name_of(const std::string& path) {
  constexpr std::string_view begin = "template '";
  if (!path.starts_with(begin) || !path.ends_with('\'')) return path;
  return fmt::format("templates/{}.py", path.substr(begin.size(), path.size() - begin.size() - 1));
}

}  // namespace

std::string with_template_lines(std::string_view text, std::string_view test_file,
                                const std::vector<LineOrigin>& origins) {
  const std::string wanted = fmt::format("File \"{}\", line ", test_file);
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t found = text.find(wanted, at);
    if (found == std::string_view::npos) {
      out += text.substr(at);
      break;
    }
    out += text.substr(at, found - at);
    const char* const digits = text.data() + found + wanted.size();
    size_t line = 0;
    const auto [end, error] = std::from_chars(digits, text.data() + text.size(), line);
    at = static_cast<size_t>(end - text.data());
    if (error != std::errc() || line < 1 || line > origins.size()) {
      out += text.substr(found, at - found);
    } else {
      const LineOrigin& origin = origins[line - 1];
      out += fmt::format("File \"{}\", line {}", file_name_of(origin.path), origin.line);
    }
  }
  return out;
}

}  // namespace testloom
