#include "model/files/json_text.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/text.h"

namespace testloom {

namespace {

constexpr size_t kShownCodePoints = 100;  // of the line, before and after the mistake

// The diagnostic for the byte text[at], with the part of its line around it.
Diagnostic mistake_at(std::string_view text, size_t at, const std::string& path, std::string message) {
  at = std::min(at, text.size());
  const size_t newline = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  const size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  const std::string_view line = text.substr(begin, std::min(text.find('\n', at), text.size()) - begin);
  Diagnostic diagnostic{std::move(message)};
  diagnostic.where.path = path;
  diagnostic.where.line = 1 + static_cast<int>(std::count(text.begin(), text.begin() + begin, '\n'));
  diagnostic.where.column = 1 + static_cast<int>(count_code_points(line.substr(0, at - begin)));
  diagnostic.where.end_column = diagnostic.where.column + 1;
  if (line.size() <= 2 * kShownCodePoints) diagnostic.source_line = line;
  return diagnostic;
}

// Python's json writes NaN and infinities as words. Each is replaced, outside of strings, by 0 and spaces,
// so that places stay what they were.
std::string without_special_numbers(std::string_view text) {
  std::string out(text);
  constexpr std::array<std::string_view, 3> words = {"-Infinity", "Infinity", "NaN"};
  bool in_string = false;
  for (size_t at = 0; at < out.size(); ++at) {
    if (in_string && out[at] == '\\') {
      ++at;
    } else if (out[at] == '"') {
      in_string = !in_string;
    } else if (!in_string) {
      for (const std::string_view word : words) {
        if (!std::string_view(out).substr(at).starts_with(word)) continue;
        out.replace(at, word.size(), std::string("0").append(word.size() - 1, ' '));
        break;
      }
    }
  }
  return out;
}

}  // namespace

boost::json::object parse_json_object(std::string_view text, const std::string& path) {
  boost::json::parse_options options;
  options.max_depth = max_json_depth;
  boost::json::stream_parser parser({}, options);
  const bool special = text.find("Infinity") != text.npos || text.find("NaN") != text.npos;
  const std::string cleaned = special ? without_special_numbers(text) : std::string();
  const std::string_view json = special ? std::string_view(cleaned) : text;
  boost::system::error_code error;
  const size_t read = parser.write_some(json.data(), json.size(), error);
  if (!error && read < json.size() && json.find_first_not_of(" \t\r\n", read) != json.npos) {
    error = boost::json::error::extra_data;
  }
  if (!error) parser.finish(error);
  if (error == boost::json::error::too_deep) {
    throw Error(
        ErrorKind::spec,
        {mistake_at(text, read, path, fmt::format("this JSON is nested more than {} deep", max_json_depth))});
  }
  if (error) {
    throw Error(ErrorKind::spec,
                {mistake_at(text, read, path, fmt::format("this is no JSON: {}", error.message()))});
  }
  boost::json::value value = parser.release();
  if (!value.is_object()) {
    throw Error(ErrorKind::spec, {mistake_at(text, 0, path, "this is JSON, but no object")});
  }
  return std::move(value.get_object());
}

}  // namespace testloom
