// What a plan is to hold, as a spec file or flags say it: models, axes and their values, what is left out and
// what is added, limits, and a sample's budget. Places let later stages report where something stands.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/estimate/workload.h"
#include "testloom/template.h"

namespace testloom {

// Where something stands in the spec file, as in a SourcePosition: from 1, columns count code points; of what
// goes over several lines the part on its first. Line 0: it came from flags.
struct SpecPlace {
  int line = 0;
  int column = 0;
  int end_column = 0;  // one past the last

  auto operator<=>(const SpecPlace&) const = default;
};

// A model's name, a glob over the known models, or a file that lists models.
struct ModelSource {
  std::string pattern;                        // empty for a list
  std::optional<std::filesystem::path> list;  // CSV, Parquet or JSON, as DuckDB reads it; absolute
  SpecPlace place;
};

// Values for a parameter that templates declare. All values are of one type.
struct Axis {
  std::string name;                     // an identifier, no two the same but for their case
  std::vector<Value> values;            // at least one, none twice: integer, finite number, text or boolean
  SpecPlace place;                      // of the name
  std::vector<SpecPlace> value_places;  // one each; the same for those of a range
};

// Axes that move together: equally many values each. A value may stand twice, a combination may not.
using Zip = std::vector<Axis>;

// A condition that takes cells out.
struct Exclusion {
  std::string where;
  std::string reason;  // never empty
  SpecPlace place;     // of the condition, without its quotes
};

// One cell more: values for model_name and some of hardware_type, batch_size, template_name and the plan's
// axes, each of the type that its axis has.
struct Inclusion {
  std::vector<std::pair<std::string, Value>> cell;
  std::vector<SpecPlace> value_places;  // one each
  SpecPlace place;                      // of the whole
};

// A budget instead of everything.
struct Sample {
  bool pairwise = false;         // as few as cover every pair
  std::optional<int64_t> tests;  // so many, pairs first
  int64_t seed = 1;
};

// How a device of the user's own is used; what is not said is empty.
struct HardwareSection {
  std::string name;
  std::string device;  // what torch calls it; as device_of() says where it is not said
  std::string python, probe, visible, launch, start, health, recover;
  std::vector<std::pair<std::string, std::string>> env;
  SpecPlace place;
};

// How the plan's tests are run, unless flags say otherwise; what is not said is empty.
struct RunSection {
  std::optional<int> jobs;              // tests at once
  std::optional<int64_t> memory_bytes;  // that all tests together may take
  std::optional<double> timeout_seconds;
  std::optional<int> retries;
  std::optional<int> fetch_jobs;       // models that are fetched at once
  std::optional<int64_t> cache_bytes;  // that the hub's cache is to stay within
  std::optional<bool> control_groups;  // to be used where they can be
};

struct PlanSpec {
  std::string path;  // of the file, for errors; empty for flags
  std::string text;  // of the file, without a byte order mark
  std::string name = "flags";
  std::vector<ModelSource> models;
  std::optional<std::vector<std::string>> templates;  // names; none: all that apply
  std::vector<SpecPlace> template_places;
  std::vector<std::string> hardware_types = {"cpu"};
  std::vector<SpecPlace> hardware_type_places;  // one each; empty for the default and for flags
  std::vector<int64_t> batch_sizes = {1, 4};
  std::vector<Axis> axes;
  std::vector<Zip> zips;
  std::vector<Exclusion> exclusions;
  std::vector<Inclusion> inclusions;
  std::map<std::string, double> memory_limits_gb;  // by hardware type
  int64_t max_tests = 100'000'000;
  std::optional<Sample> sample;
  std::vector<std::filesystem::path> expectations;  // absolute; may be globs
  std::vector<SpecPlace> expectation_places;
  std::vector<HardwareSection> hardware;
  RunSection run;
  // What tests will have, for estimates; used where none ran yet.
  Libraries libraries;
};

// Largest accepted spec file, in bytes, and the most values that one range may give.
inline constexpr size_t kMaxSpecBytes = 1 << 20;
inline constexpr size_t kMaxRangeValues = 10'000;

// Reads a spec file. Throws an Error (spec) with every mistake found, ordered by place (past a hundred they
// are counted), and usage when the file cannot be read or is too large. Unknown keys are mistakes, with the
// nearest known one as the hint.
PlanSpec read_spec(const std::filesystem::path& file);

// What flags alone say.
PlanSpec spec_of_flags(std::string name, const std::vector<std::string>& models,
                       std::vector<std::string> hardware_types, std::vector<int64_t> batch_sizes);

// The spec file from the line with this number on; that line alone, without its end.
std::string text_from(const PlanSpec& spec, int line);
std::string line_of(const PlanSpec& spec, int line);

// The error at a place of the spec, with its line and a caret; without a place for line 0.
Diagnostic diagnose(const PlanSpec& spec, const SpecPlace& place, std::string message, std::string hint = {});

}  // namespace testloom
