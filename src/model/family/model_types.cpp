#include "model/family/model_types.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/embedded.h"
#include "base/text.h"
#include "model/family/family.h"
#include "testloom/error.h"

namespace testloom {

namespace {

// transformers itself writes blip-2 and blip_2 for one type.
std::string key_of(std::string_view model_type) {
  std::string key(model_type);
  for (char& c : key) {
    if (c == '-' || c == '.' || c == ' ') c = '_';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return key;
}

// Pieces of a text between separators.
template <typename Take>
void each_piece(std::string_view text, char separator, Take take) {
  while (true) {
    const size_t end = std::min(text.find(separator), text.size());
    take(text.substr(0, end));
    if (end == text.size()) return;
    text.remove_prefix(end + 1);
  }
}

std::string_view value_of(std::string_view column) { return column == "-" ? std::string_view() : column; }

// The reason why a row cannot be read, or empty.
std::string problem_of(std::string_view family, std::string_view name) {
  if (name.empty()) return "a name is empty";
  if (family.empty()) return {};
  const auto& families = known_families();
  if (family != "unknown" && std::ranges::find(families, family) != families.end()) return {};
  return fmt::format("unknown family {}", quote(family));
}

}  // namespace

ModelTypes::ModelTypes(std::string_view text, const std::string& path) {
  std::vector<Diagnostic> diagnostics;
  int line_number = 0;
  const auto fail = [&](std::string message) {
    diagnostics.push_back({std::move(message), {path, line_number, 0, 0}, {}, {}});
  };
  each_piece(text, '\n', [&](std::string_view line) {
    ++line_number;
    if (line.empty() || line.front() == '#') return;
    std::vector<std::string_view> columns;
    each_piece(line, '\t', [&](std::string_view column) { columns.push_back(column); });
    if (columns.size() != 5) {
      return fail(fmt::format("a row has 5 columns separated by tabs, this one has {}", columns.size()));
    }
    const ModelType type{columns[0], value_of(columns[1]), value_of(columns[2]), value_of(columns[3])};
    if (std::string problem = problem_of(type.family, type.name); !problem.empty()) return fail(problem);
    by_key_.emplace_back(key_of(type.name), types_.size());
    if (columns[4] != "-") {
      each_piece(columns[4], ',', [&](std::string_view cell) {
        std::vector<std::string_view> parts;
        each_piece(cell, ':', [&](std::string_view part) { parts.push_back(part); });
        if (parts.size() != 1 && parts.size() != 3) {
          return fail(fmt::format("{} is no class", quote(cell)));
        }
        ModelClass found{parts[0], type.family, type.task, types_.size()};
        if (parts.size() == 3) {
          found.family = parts[1];
          found.task = value_of(parts[2]);
        }
        if (std::string problem = problem_of(found.family, found.name); !problem.empty())
          return fail(problem);
        classes_.push_back(found);
      });
    }
    types_.push_back(type);
  });
  if (!diagnostics.empty()) throw Error(ErrorKind::spec, std::move(diagnostics));
  std::ranges::stable_sort(by_key_, {}, &std::pair<std::string, size_t>::first);
  std::ranges::stable_sort(classes_, {}, &ModelClass::name);
}

const ModelType* ModelTypes::find(std::string_view model_type) const {
  const std::string key = key_of(model_type);
  const auto found = std::ranges::lower_bound(by_key_, key, {}, &std::pair<std::string, size_t>::first);
  return found != by_key_.end() && found->first == key ? &types_[found->second] : nullptr;
}

const ModelClass* ModelTypes::find_class(std::string_view name, const ModelType* type) const {
  const auto begin = std::ranges::lower_bound(classes_, name, {}, &ModelClass::name);
  const auto end = std::ranges::upper_bound(classes_, name, {}, &ModelClass::name);
  if (begin == end) return nullptr;
  const auto of_type =
      std::find_if(begin, end, [&](const ModelClass& each) { return &types_[each.type] == type; });
  return of_type != end ? &*of_type : &*begin;
}

const ModelTypes& model_types() {
  static const ModelTypes types = [] {
    const embedded::File& file = embedded::families().at(1);
    return ModelTypes(file.text, std::string(file.name));
  }();
  return types;
}

}  // namespace testloom
