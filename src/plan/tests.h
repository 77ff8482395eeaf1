// Reading planned tests back, one after the other in a fixed order, and rendering their text.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/database.h"
#include "testloom/template.h"

namespace testloom {

struct PlannedTest {
  int64_t plan_id = 0;
  std::string test_id;
  std::string case_name;
  std::string model_name;
  std::string model_family;
  std::string task;
  std::string model_location;
  std::string family_origin;
  std::string hardware_type;
  std::string device;  // what torch calls it
  int64_t batch_size = 0;
  std::vector<std::pair<std::string, Value>> axes;  // values for the template's parameters
  std::string template_name;
  int64_t template_id = 0;
  int64_t template_version = 0;
  int64_t version_id = 0;
  std::string output_kind;  // only "python" can be run
  int64_t priority = 0;
  double estimated_memory_gb = 0;  // where it runs: of the process on a host, else of the device
  std::string estimate_origin;
  std::optional<double> estimated_host_memory_gb;  // of the process, also where it runs on a device
  std::optional<double> estimated_time_s;          // of one forward pass or generate
  std::vector<std::string> dependencies;           // test_ids
  bool is_reference = false;                       // only there since other tests need it
  std::optional<std::string> last_outcome;         // of the latest attempt with this test_id
};

struct TestFilter {
  int64_t plan_id = 0;
  std::vector<std::string> hardware_types;  // empty: all
  std::optional<std::string> test_id;
  std::optional<int64_t> limit;
  std::string where = {};  // a condition from checked_where(); empty: all
  // Only tests whose last outcome is one of these, "none" for those without; empty: all. Not heeded where
  // tests are read to be rendered or counted.
  std::vector<std::string> last_outcomes = {};
};

// Calls `use` for every test of the filter: models in the plan's order, then template, hardware type and
// ascending batch size, so that a test comes after those it depends on.
void for_each_test(Connection& connection, const TestFilter& filter,
                   const std::function<void(const PlannedTest&)>& use);

// The same tests in the same order, with only that filled in which rendering and naming them take: names, ids
// of test and version, family, task, location, hardware type and batch size. The first come before the last
// are looked up. REQUIRES: no transaction is open.
void for_each_test_to_render(Connection& connection, const TestFilter& filter,
                             const std::function<void(const PlannedTest&)>& use);
// The values of a combo, as its column `axes` has them.
std::vector<std::pair<std::string, Value>> axes_of_json(std::string_view json);

// What an id, or its beginning, tells of its model: plan_models.name_hash. Nothing when it is too short.
std::optional<int64_t> name_hash_of(std::string_view id);

bool has_tests(Connection& connection, const TestFilter& filter);

// The one test that an id, a unique beginning of one (of at least 4 characters) or a case names in any plan,
// the latest plan that has it; or one that a run has tried at a batch size of its own. Throws an Error
// (usage) when none or several fit.
PlannedTest find_test(Connection& connection, const std::string& id_or_case, std::optional<int64_t> plan_id);

// Renders tests. load() needs the store; render() does not, so that a run can close it first. For one thread
// at a time.
class TestRenderer {
 public:
  // Reads what rendering the test needs, unless it is there already: its template version, compiled, and the
  // model's config and attributes where the template asks for them.
  void load(Connection& connection, const PlannedTest& test);
  // The template of a test that was loaded.
  const Template& compiled(const PlannedTest& test) const { return versions_.at(test.version_id)->compiled; }
  // REQUIRES: load() was called for this test or one of the same template version and model. The text is
  // valid until the next call.
  std::string_view render(const PlannedTest& test);
  // For each line of that text the line of a template that it comes from.
  std::vector<LineOrigin> line_origins(const PlannedTest& test) const;

 private:
  struct Version {
    explicit Version(Template of) : compiled(std::move(of)), renderer(compiled) {}
    Template compiled;
    Renderer renderer;
    bool uses_model_data = false;
    std::string model_name;  // whose config and attributes are set
    int64_t plan_id = 0;
  };
  struct ModelData {
    Value config;
    Value attributes;
  };
  std::map<int64_t, std::unique_ptr<Version>> versions_;
  std::map<std::pair<int64_t, std::string>, ModelData> model_data_;  // by plan and model name
};

}  // namespace testloom
