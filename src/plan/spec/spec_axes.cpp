#include "plan/spec/spec_axes.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "template/python_words.h"

namespace testloom {

namespace {

// What stands in the tables and views that conditions and results name, besides the names that templates
// have.
constexpr auto kColumns = std::to_array<std::string_view>({"attempt",
                                                           "axes",
                                                           "case",
                                                           "cell",
                                                           "combo",
                                                           "config",
                                                           "definition_hash",
                                                           "dependencies",
                                                           "estimate_origin",
                                                           "estimated_memory_gb",
                                                           "family_origin",
                                                           "label",
                                                           "loop",
                                                           "memory_bytes",
                                                           "memory_origin",
                                                           "name_hash",

                                                           "output_kind",
                                                           "plan_id",
                                                           "plan_name",
                                                           "previous_combo",
                                                           "priority",
                                                           "reason",
                                                           "run_id",
                                                           "template_id",
                                                           "template_version",
                                                           "version_id"});

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

// Whether the name, whatever its case, is one that templates or conditions have anyway.
bool is_taken(std::string_view name) {
  const std::string lower = lower_case(name);
  const std::vector<NameInfo>& built_in = template_names();
  return std::find(kColumns.begin(), kColumns.end(), lower) != kColumns.end() ||
         std::any_of(built_in.begin(), built_in.end(),
                     [&](const NameInfo& info) { return info.name == lower; });
}

}  // namespace

void AxesReader::check_name(const TomlEntry& entry) {
  const std::string shown = quote(entry.key, 60);
  const std::string lower = lower_case(entry.key);
  if (lower == "hardware_type" || lower == "hardware_types" || lower == "batch_size" ||
      lower == "batch_sizes" || lower == "hardware") {
    reader_.refuse(entry.place, fmt::format("{} is no axis of your own", shown),
                   fmt::format("write {} = [...] below [plan]",
                               lower.starts_with('b') ? "batch_sizes" : "hardware_types"));
  } else if (!templating::is_identifier(entry.key)) {
    reader_.refuse(entry.place, fmt::format("{} cannot be the name of an axis", shown),
                   "a name has letters, digits and underscores, and no digit first");
  } else if (templating::is_keyword(entry.key) || templating::is_reserved_name(entry.key)) {
    reader_.refuse(entry.place,
                   fmt::format("{} cannot be the name of an axis: it is a word of Python", shown),
                   fmt::format("use another name, such as {}_value", lower));
  } else if (is_taken(entry.key)) {
    reader_.refuse(entry.place, fmt::format("{} cannot be the name of an axis: the name is taken", shown),
                   "templates and conditions have it already; use another name");
  }
  const auto [at, is_new] = known_.try_emplace(lower, Known{entry.key, entry.place, {}});
  if (is_new) return;
  const bool same = at->second.name == entry.key;
  reader_.refuse(
      entry.place,
      same ? fmt::format("the axis {} is given twice", shown)
           : fmt::format("the axes {} and {} differ in their case only", quote(at->second.name, 60), shown),
      fmt::format("the first stands in line {}; {}", at->second.place.line,
                  same ? "keep one of the two" : "rename one of the two"));
}

Axis AxesReader::read_axis(const TomlEntry& entry, bool may_repeat, bool& complete) {
  check_name(entry);
  PlacedValues read = read_values(reader_, entry, may_repeat);
  Known& known = known_.at(lower_case(entry.key));
  if (known.type.empty() && !read.values.empty()) known.type = value_word(read.values.front());
  complete = complete && read.complete;
  return {entry.key, std::move(read.values), entry.place, std::move(read.places)};
}

std::vector<Axis> AxesReader::read_axes(const TomlEntry& entry) {
  std::vector<Axis> axes;
  const TomlNode* table = reader_.table(entry, "[plan.axes] and below it dtype = [\"float32\"]");
  if (!table) return axes;
  bool complete = true;
  for (const TomlEntry& axis : table->entries) axes.push_back(read_axis(axis, false, complete));
  return axes;
}

std::vector<Zip> AxesReader::read_zips(const TomlEntry& entry) {
  std::vector<Zip> zips;
  for (const TomlNode* table : reader_.tables(entry, "[[plan.zip]] and below it image_size = [224, 384]")) {
    Zip zip;
    bool complete = true;
    for (const TomlEntry& axis : table->entries) zip.push_back(read_axis(axis, true, complete));
    if (zip.empty()) {
      reader_.refuse(table->place, "there is no axis in this zip",
                     "write at least one, such as patch = [16, 32]");
    } else if (complete) {
      check_zip(zip);
    }
    zips.push_back(std::move(zip));
  }
  return zips;
}

void AxesReader::check_zip(const Zip& zip) {
  const size_t length = zip.front().values.size();
  for (const Axis& axis : zip) {
    if (axis.values.size() == length) continue;
    reader_.refuse(axis.place,
                   fmt::format("{} has {}, but {} has {}", quote(axis.name, 60),
                               counted(axis.values.size(), "value"), quote(zip.front().name, 60), length),
                   "axes that move together are equally long");
    return;
  }
  std::set<std::string> seen;
  for (size_t i = 0; i < length; ++i) {
    std::string row, shown;
    for (const Axis& axis : zip) {
      const auto* text = std::get_if<std::string>(&axis.values[i].data);
      const std::string written = text ? *text : shown_value(axis.values[i]);
      row += fmt::format("{} {} ", written.size(), written);
      shown += fmt::format("{}{} = {}", shown.empty() ? "" : ", ", axis.name, shown_value(axis.values[i]));
    }
    if (seen.insert(row).second) continue;
    reader_.refuse(zip.front().value_places[i], fmt::format("{} stands twice in this zip", one_line(shown)),
                   "write each combination once");
  }
}

std::vector<std::string_view> AxesReader::names() const {
  std::vector<std::string_view> names;
  for (const auto& [lower, known] : known_) names.push_back(known.name);
  return names;
}

bool AxesReader::has(std::string_view name) const {
  const auto at = known_.find(lower_case(name));
  return at != known_.end() && at->second.name == name;
}

std::string_view AxesReader::type_of(std::string_view name) const {
  const auto at = known_.find(lower_case(name));
  return at == known_.end() ? "" : at->second.type;
}

}  // namespace testloom
