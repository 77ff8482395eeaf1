#include "plan/spec/spec.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "catalog/names.h"
#include "plan/spec/spec_axes.h"
#include "plan/spec/spec_reader.h"
#include "plan/spec/spec_run.h"
#include "plan/spec/spec_sections.h"
#include "plan/spec/spec_values.h"
#include "plan/spec/toml_document.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kSections[] = {"plan", "hardware", "run"};
constexpr std::string_view kPlanKeys[] = {
    "name", "expectations", "models",  "templates", "hardware_types", "batch_sizes", "axes",
    "zip",  "exclude",      "include", "limits",    "sample",         "hardware"};
constexpr std::string_view kModelsExample = "[\"bert-*\", {list = \"models.csv\"}]";

class SpecFile {
 public:
  SpecFile(PlanSpec& spec, const fs::path& file) : spec_(spec), reader_(spec), stem_(file.stem().native()) {
    std::error_code unknown;
    folder_ = fs::absolute(file, unknown).parent_path();
  }

  void read(const TomlNode& document) {
    for (const TomlEntry& entry : document.entries) {
      const bool is_known =
          std::find(std::begin(kSections), std::end(kSections), entry.key) != std::end(kSections);
      if (!is_known) refuse_section(entry);
    }
    const TomlEntry* plan = document.find("plan");
    if (!plan) {
      reader_.refuse({1, 1, 2}, "there is no [plan] in this file",
                     "write [plan] and below it models = [...]");
    } else if (const TomlNode* table = reader_.table(*plan, "[plan] once, and the plan's keys below it")) {
      read_plan(*plan, *table);
    }
    if (const TomlEntry* hardware = document.find("hardware"))
      spec_.hardware = read_hardware_sections(reader_, *hardware);
    if (const TomlEntry* run = document.find("run")) spec_.run = read_run_section(reader_, *run);
    reader_.finish();
  }

 private:
  void refuse_section(const TomlEntry& entry) {
    const bool is_of_plan = entry.key != "hardware" && std::find(std::begin(kPlanKeys), std::end(kPlanKeys),
                                                                 entry.key) != std::end(kPlanKeys);
    if (!is_of_plan) return reader_.refuse_key(entry, "the file", kSections);
    reader_.refuse(entry.place, fmt::format("'{}' stands outside of [plan]", entry.key),
                   "write it below [plan]");
  }

  void read_plan(const TomlEntry& entry, const TomlNode& plan) {
    reader_.check_keys(plan, "[plan]", kPlanKeys);
    read_plan_name(plan.find("name"), entry.place);
    if (const TomlEntry* models = plan.find("models")) {
      read_models(*models);
    } else {
      reader_.refuse(entry.place, "the plan names no models",
                     fmt::format("write models = {}", kModelsExample));
    }
    if (const TomlEntry* templates = plan.find("templates")) read_templates(*templates);
    read_hardware_types(plan.find("hardware_types"), plan.find("hardware"));
    if (const TomlEntry* sizes = plan.find("batch_sizes"))
      spec_.batch_sizes = read_batch_sizes(reader_, *sizes);
    if (const TomlEntry* expectations = plan.find("expectations")) read_expectations(*expectations);
    AxesReader axes(reader_);
    if (const TomlEntry* listed = plan.find("axes")) spec_.axes = axes.read_axes(*listed);
    if (const TomlEntry* zip = plan.find("zip")) spec_.zips = axes.read_zips(*zip);
    if (const TomlEntry* exclude = plan.find("exclude"))
      spec_.exclusions = read_exclusions(reader_, *exclude);
    if (const TomlEntry* include = plan.find("include"))
      spec_.inclusions = read_inclusions(reader_, *include, axes);
    if (const TomlEntry* limits = plan.find("limits")) read_limits(reader_, *limits, spec_);
    if (const TomlEntry* sample = plan.find("sample")) spec_.sample = read_sample(reader_, *sample);
  }

  void read_plan_name(const TomlEntry* entry, const SpecPlace& plan) {
    std::optional<std::string> name = entry ? reader_.text(*entry, "\"nightly\"") : stem_;
    if (!name) return;
    const SpecPlace& place = entry ? entry->value.place : plan;
    const std::string_view what = entry ? "the plan's name" : "the plan's name, that of the file,";
    const bool is_number = name->find_first_not_of("0123456789") == std::string::npos;
    if (is_number) {
      reader_.refuse(place, fmt::format("{} {} is a number", what, quote(*name)),
                     "numbers stand for plans by their id; write name = \"nightly\"");
    } else if (reader_.passes(place, [&] { check_label(*name, what); })) {
      spec_.name = std::move(*name);
    }
  }

  // A path as it stands in the spec, from the spec's folder.
  fs::path path_of(const std::string& written) const { return (folder_ / written).lexically_normal(); }

  void read_models(const TomlEntry& entry) {
    std::set<std::string> seen;
    for (const TomlNode& item :
         reader_.list(entry, "a list of names and lists", kModelsExample, {TomlKind::text})) {
      ModelSource source;
      source.place = item.place;
      std::string shown;
      if (item.is(TomlKind::table)) {
        source.list = read_list_path(item);
        if (!source.list) continue;
        shown = fmt::format("the list {}", quote(source.list->filename().native(), 60));
      } else if (item.is(TomlKind::text)) {
        if (!reader_.passes(item.place, [&] { check_model_name(item.text()); })) continue;
        source.pattern = item.text();
        shown = quote(source.pattern, 60);
      } else {
        reader_.refuse_kind(item, "a value of 'models'", "a name or {list = \"FILE\"}",
                            item.is(TomlKind::list) ? "" : "put it in quotes");
        continue;
      }
      const std::string identity = source.list ? "list " + source.list->native() : "name " + source.pattern;
      if (seen.insert(identity).second) {
        spec_.models.push_back(std::move(source));
      } else {
        reader_.refuse(item.place, fmt::format("{} stands twice in 'models'", shown), "name each once");
      }
    }
  }

  std::optional<fs::path> read_list_path(const TomlNode& table) {
    constexpr std::string_view keys[] = {"list"};
    reader_.check_keys(table, "an entry of 'models'", keys);
    const TomlEntry* list = table.find("list");
    if (!list) {
      if (table.entries.empty())
        reader_.refuse(table.place, "this entry of 'models' is empty", "write {list = \"FILE\"}");
      return std::nullopt;
    }
    const std::optional<std::string> path = reader_.text(*list, "\"models.csv\"");
    return path ? std::optional(path_of(*path)) : std::nullopt;
  }

  void read_templates(const TomlEntry& entry) {
    spec_.templates.emplace();
    for (PlacedText& name : reader_.texts(entry, "[\"latency\"]")) {
      if (!reader_.passes(name.place, [&] { check_label(name.text, "the template name"); })) continue;
      spec_.templates->push_back(std::move(name.text));
      spec_.template_places.push_back(name.place);
    }
  }

  void read_hardware_types(const TomlEntry* entry, const TomlEntry* alias) {
    if (entry && alias) {
      reader_.refuse(std::max(entry->place, alias->place), "'hardware' and 'hardware_types' are the same",
                     "keep one of the two");
    }
    for (const TomlEntry* listed : {entry, alias}) {
      if (!listed) continue;
      spec_.hardware_types.clear();
      spec_.hardware_type_places.clear();
      for (PlacedText& name : reader_.texts(*listed, "[\"cpu\", \"cuda\"]")) {
        std::vector<std::string> notes;
        if (!reader_.passes(name.place, [&] { check_hardware_type(name.text, notes); })) continue;
        spec_.hardware_types.push_back(std::move(name.text));
        spec_.hardware_type_places.push_back(name.place);
      }
    }
  }

  void read_expectations(const TomlEntry& entry) {
    for (const PlacedText& path : reader_.texts(entry, "[\"expected/*.csv\"]")) {
      spec_.expectations.push_back(path_of(path.text));
      spec_.expectation_places.push_back(path.place);
    }
  }

  PlanSpec& spec_;
  SpecReader reader_;
  std::string stem_;
  fs::path folder_;
};

[[noreturn]] void refuse_at(const PlanSpec& spec, size_t byte, std::string message, std::string hint) {
  throw Error(ErrorKind::spec,
              {diagnose(spec, place_of(spec.text, byte), std::move(message), std::move(hint))});
}

}  // namespace

PlanSpec read_spec(const fs::path& file) {
  PlanSpec spec;
  spec.path = file.native();
  spec.text = read_file(file, kMaxSpecBytes, ErrorKind::usage);
  if (spec.text.starts_with("\xEF\xBB\xBF")) spec.text.erase(0, 3);
  if (const size_t at = find_invalid_utf8(spec.text); at != std::string::npos)
    refuse_at(spec, at, fmt::format("the byte 0x{:02x} is not UTF-8", static_cast<uint8_t>(spec.text[at])),
              "save the file as UTF-8");
  if (const size_t at = spec.text.find('\0'); at != std::string::npos)
    refuse_at(spec, at, "the character U+0000 stands in the file", "leave it out");
  std::variant<TomlNode, SpecMistake> document = parse_toml(spec.text);
  if (const auto* mistake = std::get_if<SpecMistake>(&document))
    throw Error(ErrorKind::spec, {diagnose(spec, mistake->place, mistake->message, mistake->hint)});
  SpecFile(spec, file).read(std::get<TomlNode>(document));
  return spec;
}

Diagnostic diagnose(const PlanSpec& spec, const SpecPlace& place, std::string message, std::string hint) {
  Diagnostic diagnostic{std::move(message), {}, {}, std::move(hint), {}};
  if (place.line == 0) return diagnostic;
  diagnostic.where = {spec.path, place.line, place.column, place.end_column};
  diagnostic.source_line = line_of(spec, place.line);
  return diagnostic;
}

}  // namespace testloom
