#include "model/config/defaults.h"

#include <mutex>
#include <unordered_map>

#include <boost/json/parse.hpp>

#include "base/embedded.h"

namespace testloom {

namespace {

constexpr std::string_view kLineHead = "{\"model_type\":\"";

struct Line {
  std::string_view text;
  std::once_flag read;
  boost::json::object object;
};

std::string_view type_of_line(std::string_view line) {
  return line.substr(kLineHead.size(), line.find('"', kLineHead.size()) - kLineHead.size());
}

using Lines = std::unordered_map<std::string_view, Line>;

Lines& lines() {
  static Lines found = [] {
    Lines map;
    std::string_view text = embedded::config_defaults().front().text;
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      map[type_of_line(line)].text = line;
      text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    return map;
  }();
  return found;
}

}  // namespace

const boost::json::object* config_defaults(std::string_view model_type) {
  const auto found = lines().find(model_type);
  if (found == lines().end()) return nullptr;
  Line& line = found->second;
  std::call_once(line.read, [&line] { line.object = boost::json::parse(line.text).as_object(); });
  return &line.object;
}

std::string_view model_type_of_class(std::string_view class_name) {
  if (class_name.empty() || class_name.find_first_of("\",:{}\n") != class_name.npos) return {};
  const std::string_view text = embedded::config_defaults().front().text;
  const size_t at = text.find(std::string(":\"").append(class_name).append("\""));
  if (at == text.npos) return {};
  const size_t newline = text.rfind('\n', at);
  return type_of_line(text.substr(newline == text.npos ? 0 : newline + 1));
}

}  // namespace testloom
