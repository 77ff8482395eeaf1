#include "plan/spec/spec_sections.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/names.h"
#include "plan/spec/spec_values.h"
#include "template/python_words.h"

namespace testloom {

namespace {

constexpr std::string_view kExclusionKeys[] = {"where", "reason"};
constexpr std::string_view kInclusionKeys[] = {"model_name", "hardware_type", "batch_size", "template_name"};
constexpr std::string_view kLimitKeys[] = {"memory_gb", "max_tests"};
constexpr std::string_view kSampleKeys[] = {"pairwise", "tests", "seed"};
constexpr std::string_view kSectionKeys[] = {"device",  "python", "env",    "launch", "probe",
                                             "visible", "start",  "health", "recover"};
constexpr std::string_view kExclusionForm = "[[plan.exclude]] and below it where = \"batch_size > 16\"";
constexpr std::string_view kWhereExample = "\"hardware_type = 'cpu' and batch_size > 16\"";

bool is_hardware_name(SpecReader& reader, const SpecPlace& place, const std::string& name) {
  std::vector<std::string> notes;
  return reader.passes(place, [&] { check_hardware_type(name, notes); });
}

// On one line, with a blank for each run of blanks.
std::string in_one_line(std::string_view text) {
  std::string out;
  for (const char c : trimmed(text)) {
    const bool is_blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!is_blank) {
      out += c;
    } else if (!out.ends_with(' ')) {
      out += ' ';
    }
  }
  return out;
}

class InclusionReader {
 public:
  InclusionReader(SpecReader& reader, const AxesReader& axes) : reader_(reader), axes_(axes) {}

  Inclusion read(const TomlNode& table) {
    Inclusion read;
    read.place = table.place;
    for (const TomlEntry& entry : table.entries) {
      std::optional<Value> value = read_cell(entry);
      if (!value) continue;
      read.cell.emplace_back(entry.key, std::move(*value));
      read.value_places.push_back(entry.value.place);
    }
    if (!table.find("model_name")) {
      reader_.refuse(table.place, "this cell has no model_name", "write model_name = \"bert-base-uncased\"");
    }
    return read;
  }

 private:
  std::optional<Value> read_cell(const TomlEntry& entry) {
    const std::string& key = entry.key;
    if (key == "batch_size") {
      const std::optional<int64_t> size = reader_.integer(entry, 1, "4");
      return size ? std::optional<Value>(*size) : std::nullopt;
    }
    if (key == "model_name" || key == "hardware_type" || key == "template_name") return read_name(entry);
    if (axes_.has(key)) return read_axis_value(entry);
    if (key == "axes" && entry.value.is(TomlKind::table)) {
      reader_.refuse(entry.place, "values of axes stand beside model_name",
                     "write them as in dtype = \"float32\"");
      return std::nullopt;
    }
    std::vector<std::string_view> known(std::begin(kInclusionKeys), std::end(kInclusionKeys));
    const std::vector<std::string_view> names = axes_.names();
    known.insert(known.end(), names.begin(), names.end());
    reader_.refuse_key(entry, "[[plan.include]]", known);
    return std::nullopt;
  }

  std::optional<Value> read_name(const TomlEntry& entry) {
    std::optional<std::string> name =
        reader_.text(entry, entry.key == "hardware_type"   ? "\"cuda\""
                            : entry.key == "template_name" ? "\"latency\""
                                                           : "\"bert-base-uncased\"");
    if (!name) return std::nullopt;
    const SpecPlace& place = entry.value.place;
    const bool fits = entry.key == "hardware_type" ? is_hardware_name(reader_, place, *name)
                      : entry.key == "model_name"
                          ? reader_.passes(place, [&] { check_model_name(*name); })
                          : reader_.passes(place, [&] { check_label(*name, "the template name"); });
    return fits ? std::optional<Value>(std::move(*name)) : std::nullopt;
  }

  std::optional<Value> read_axis_value(const TomlEntry& entry) {
    std::optional<Value> value = read_value(reader_, entry.value, entry.key);
    const std::string_view type = axes_.type_of(entry.key);
    if (!value || type.empty() || value_word(*value) == type) return value;
    const bool is_whole = type == "float" && value_word(*value) == "integer";
    reader_.refuse(
        entry.value.place,
        fmt::format("the axis {} has {}s; this is {}", quote(entry.key, 60), type,
                    kind_words(entry.value.kind)),
        is_whole ? fmt::format("write {}.0", shown_value(*value)) : "all values of an axis are of one type");
    return std::nullopt;
  }

  SpecReader& reader_;
  const AxesReader& axes_;
};

// Names of environment variables.
bool is_variable(SpecReader& reader, const SpecPlace& place, std::string_view name) {
  if (templating::is_identifier(name)) return true;
  reader.refuse(place, fmt::format("{} is no name of an environment variable", quote(name, 60)),
                "one has letters, digits and underscores, and no digit first");
  return false;
}

void read_env(SpecReader& reader, const TomlEntry& entry, HardwareSection& section) {
  const TomlNode* table = reader.table(entry, "env = {NAME = \"value\"}");
  if (!table) return;
  for (const TomlEntry& variable : table->entries) {
    is_variable(reader, variable.place, variable.key);
    if (!variable.value.is(TomlKind::text)) {
      reader.refuse_kind(variable.value, quote(variable.key, 60), "a text", "put it in quotes");
    } else if (reader.passes(variable.value.place,
                             [&] { check_text(variable.value.text(), quote(variable.key, 60)); })) {
      section.env.emplace_back(variable.key, variable.value.text());
    }
  }
}

HardwareSection read_section(SpecReader& reader, const TomlEntry& entry, const TomlNode& table) {
  HardwareSection section;
  section.name = entry.key;
  section.place = entry.place;
  section.device = device_of(entry.key);
  reader.check_keys(table, fmt::format("[hardware.{}]", one_line(entry.key, 60)), kSectionKeys);
  struct Field {
    std::string_view key, example;
    std::string& value;
  };
  for (const Field& field : {Field{"device", "\"npu\"", section.device},
                             {"python", "\"/opt/venv/bin/python\"", section.python},
                             {"launch", "\"container run image\"", section.launch},
                             {"probe", "\"npu-smi --list\"", section.probe},
                             {"visible", "\"NPU_VISIBLE_DEVICES\"", section.visible},
                             {"start", "\"fork\"", section.start},
                             {"health", "\"npu-smi --check\"", section.health},
                             {"recover", "\"npu-smi --reset\"", section.recover}}) {
    const TomlEntry* found = table.find(field.key);
    if (!found) continue;
    if (std::optional<std::string> text = reader.text(*found, field.example)) field.value = std::move(*text);
  }
  if (const TomlEntry* env = table.find("env")) read_env(reader, *env, section);
  if (!section.visible.empty()) is_variable(reader, table.find("visible")->value.place, section.visible);
  if (const TomlEntry* device = table.find("device"); device && device->value.is(TomlKind::text))
    reader.passes(device->value.place, [&] { check_label(section.device, "'device'"); });
  if (!section.start.empty() && section.start != "fork" && section.start != "fresh") {
    reader.refuse(table.find("start")->value.place,
                  fmt::format("{} is no way to start", quote(section.start, 60)),
                  "write start = \"fork\" or start = \"fresh\"");
  }
  return section;
}

void read_memory(SpecReader& reader, const TomlEntry& entry, PlanSpec& spec) {
  const TomlNode* table = reader.table(entry, "memory_gb = {cuda = 80}");
  if (!table) return;
  for (const TomlEntry& limit : table->entries) {
    const TomlNode& node = limit.value;
    is_hardware_name(reader, limit.place, limit.key);
    if (!node.is(TomlKind::integer) && !node.is(TomlKind::number)) {
      reader.refuse_kind(node, fmt::format("the memory of {}", quote(limit.key, 60)), "a number",
                         "write it in gigabytes, such as 80");
      continue;
    }
    const double gigabytes = node.is(TomlKind::number) ? node.number() : static_cast<double>(node.integer());
    if (std::isfinite(gigabytes) && gigabytes > 0) {
      spec.memory_limits_gb[limit.key] = gigabytes;
    } else {
      reader.refuse(node.place, fmt::format("{} GB is no memory limit", gigabytes),
                    "write more than 0, or leave it out for no limit");
    }
  }
}

}  // namespace

std::vector<Exclusion> read_exclusions(SpecReader& reader, const TomlEntry& entry) {
  std::vector<Exclusion> exclusions;
  for (const TomlNode* table : reader.tables(entry, kExclusionForm)) {
    reader.check_keys(*table, "[[plan.exclude]]", kExclusionKeys);
    Exclusion exclusion;
    const TomlEntry* where = table->find("where");
    if (!where) {
      reader.refuse(table->place, "this exclusion has no condition",
                    fmt::format("write where = {}", kWhereExample));
    } else if (std::optional<std::string> text =
                   reader.text(where->value, "'where'", fmt::format("where = {}", kWhereExample))) {
      exclusion.where = std::move(*text);
      exclusion.place = where->value.inner_place;
    }
    exclusion.reason = "excluded by: " + in_one_line(exclusion.where);
    if (const TomlEntry* reason = table->find("reason")) {
      if (std::optional<std::string> text = reader.text(*reason, "\"slow\""))
        exclusion.reason = std::move(*text);
    }
    exclusions.push_back(std::move(exclusion));
  }
  return exclusions;
}

std::vector<Inclusion> read_inclusions(SpecReader& reader, const TomlEntry& entry, const AxesReader& axes) {
  std::vector<Inclusion> inclusions;
  InclusionReader cells(reader, axes);
  for (const TomlNode* table :
       reader.tables(entry, "[[plan.include]] and below it model_name = \"bert-base-uncased\""))
    inclusions.push_back(cells.read(*table));
  return inclusions;
}

void read_limits(SpecReader& reader, const TomlEntry& entry, PlanSpec& spec) {
  const TomlNode* table = reader.table(entry, "[plan.limits] and below it max_tests = 1_000_000");
  if (!table) return;
  reader.check_keys(*table, "[plan.limits]", kLimitKeys);
  if (const TomlEntry* memory = table->find("memory_gb")) read_memory(reader, *memory, spec);
  if (const TomlEntry* most = table->find("max_tests"))
    spec.max_tests = reader.integer(*most, 1, "1_000_000").value_or(spec.max_tests);
}

std::optional<Sample> read_sample(SpecReader& reader, const TomlEntry& entry) {
  const TomlNode* table = reader.table(entry, "[plan.sample] and below it tests = 500");
  if (!table) return std::nullopt;
  reader.check_keys(*table, "[plan.sample]", kSampleKeys);
  Sample sample;
  const TomlEntry *pairwise = table->find("pairwise"), *tests = table->find("tests"),
                  *seed = table->find("seed");
  const std::optional<bool> wanted = pairwise ? reader.truth(*pairwise) : false;
  sample.pairwise = wanted.value_or(false);
  if (tests) sample.tests = reader.integer(*tests, 1, "500");
  if (seed) sample.seed = reader.integer(*seed, std::nullopt, "1").value_or(1);
  if (sample.pairwise && tests) {
    const TomlEntry& second =
        std::max(*pairwise, *tests, [](const TomlEntry& a, const TomlEntry& b) { return a.place < b.place; });
    reader.refuse(second.place, "a sample is either pairwise or of so many tests", "keep one of the two");
  } else if (wanted == false && !tests) {
    reader.refuse(pairwise ? pairwise->place : table->place, "the sample has no size",
                  "write pairwise = true or tests = 500, or leave the sample out");
  }
  return sample;
}

std::vector<HardwareSection> read_hardware_sections(SpecReader& reader, const TomlEntry& entry) {
  std::vector<HardwareSection> sections;
  const TomlNode* table = reader.table(entry, "[hardware.npu] and below it device = \"npu\"");
  if (!table) return sections;
  for (const TomlEntry& section : table->entries) {
    is_hardware_name(reader, section.place, section.key);
    const std::string form =
        fmt::format("[hardware.{}] and below it device = \"npu\"", one_line(section.key, 60));
    const TomlNode* body = reader.table(section, form);
    if (body) sections.push_back(read_section(reader, section, *body));
  }
  return sections;
}

}  // namespace testloom
