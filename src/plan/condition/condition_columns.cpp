#include "plan/condition/condition_columns.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"

namespace testloom {

namespace {

// As DuckDB folds names: ASCII alone.
std::string folded(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

std::string hint_for(std::string_view name, std::string_view token,
                     const std::vector<ConditionColumn>& columns) {
  std::vector<std::string> lower;
  for (const ConditionColumn& column : columns) lower.push_back(folded(column.name));
  const std::vector<std::string_view> candidates(lower.begin(), lower.end());
  const std::string near = nearest(folded(name), candidates);
  if (!near.empty()) {
    const size_t index = static_cast<size_t>(std::find(lower.begin(), lower.end(), near) - lower.begin());
    return fmt::format("did you mean '{}'?", columns[index].name);
  }
  if (token.starts_with('"'))
    return fmt::format("double quotes are for names; text is written '{}'", one_line(name, 40));
  std::vector<std::string> names;
  for (const ConditionColumn& column : columns) names.push_back(column.name);
  std::sort(names.begin(), names.end());
  return fmt::format("columns are {}; text stands in single quotes", one_line(join(names, ", "), 400));
}

}  // namespace

size_t find_column(std::string_view name, size_t at, const ConditionText& text,
                   const std::vector<ConditionColumn>& columns) {
  std::optional<size_t> found, other;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
    if (folded(columns[i].name) != folded(name)) continue;
    other = found;
    found = i;
  }
  if (other) {
    text.fail(at,
              fmt::format("{} may be {} or {}", quote(name, 60), quote(columns[*other].name, 60),
                          quote(columns[*found].name, 60)),
              "upper and lower case have to be as in the column");
  }
  if (!found) {
    text.fail(at, fmt::format("unknown column {}", quote(name, 60)), hint_for(name, text.token(at), columns));
  }
  return *found;
}

}  // namespace testloom
