#include "plan/tests.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/json_values.h"
#include "catalog/names.h"
#include "catalog/template_parts.h"
#include "plan/other_batch.h"

namespace testloom {

namespace {

constexpr const char* kColumns =
    "t.test_id::VARCHAR, t.\"case\", t.model_name, t.model_family, t.task, t.model_location, "
    "t.family_origin, "
    "t.hardware_type, t.batch_size, t.template_name, t.template_id, t.template_version, t.version_id, "
    "t.priority, "
    "t.estimated_memory_gb, t.estimate_origin::VARCHAR, t.dependencies::VARCHAR[], o.outcome, t.plan_id, "
    "coalesce(t.output_kind, 'python'), t.device, t.axes::VARCHAR, t.is_reference, "
    "t.estimated_host_memory_gb, t.estimated_time_s";

constexpr const char* kSources =
    "tests t LEFT JOIN (SELECT test_id, outcome FROM outcomes QUALIFY row_number() OVER (PARTITION BY "
    "test_id ORDER BY "
    "started_at DESC, attempt DESC) = 1) o ON o.test_id = t.test_id";

}  // namespace

std::vector<std::pair<std::string, Value>> axes_of_json(std::string_view json) {
  if (json == "{}") return {};
  return std::get<Value::Dict>(value_of_json(json).data);
}

namespace {

PlannedTest row_of(const Result& rows) {
  PlannedTest test;
  test.test_id = rows.text(0);
  test.case_name = rows.text(1);
  test.model_name = rows.text(2);
  test.model_family = rows.text(3);
  test.task = rows.text(4);
  test.model_location = rows.text(5);
  test.family_origin = rows.text(6);
  test.hardware_type = rows.text(7);
  test.batch_size = rows.integer(8);
  test.template_name = rows.text(9);
  test.template_id = rows.integer(10);
  test.template_version = rows.integer(11);
  test.version_id = rows.integer(12);
  test.priority = rows.integer(13);
  test.estimated_memory_gb = rows.real(14);
  test.estimate_origin = rows.text(15);
  test.dependencies = rows.texts(16);
  test.last_outcome = rows.optional_text(17);
  test.plan_id = rows.integer(18);
  test.output_kind = rows.text(19);
  test.device = rows.is_null(20) ? device_of(test.hardware_type) : std::string(rows.text(20));
  test.axes = axes_of_json(rows.text(21));
  test.is_reference = rows.boolean(22);
  if (!rows.is_null(23)) test.estimated_host_memory_gb = rows.real(23);
  if (!rows.is_null(24)) test.estimated_time_s = rows.real(24);
  return test;
}

}  // namespace

std::optional<int64_t> name_hash_of(std::string_view id) {
  const std::string digits(id.substr(0, 8));
  if (digits.size() < 8 || digits.find_first_not_of("0123456789abcdef") != std::string::npos)
    return std::nullopt;
  return std::stol(digits, nullptr, 16);
}

bool has_tests(Connection& connection, const TestFilter& filter) {
  bool found = false;
  TestFilter one = filter;
  one.limit = 1;
  for_each_test_to_render(connection, one, [&](const PlannedTest&) { found = true; });
  return found;
}

namespace {

// A test that a run has tried at a batch size that its plan does not have, by that of the plan that is like
// it.
std::optional<PlannedTest> find_tried(Connection& connection, const std::string& id_or_case, bool is_id,
                                      const Parameter& plan) {
  Result tried = connection.query(
      "SELECT DISTINCT test_id::VARCHAR, \"case\", model_name, hardware_type, template_name, batch_size FROM "
      "outcomes WHERE batch_size IS NOT NULL AND CASE WHEN $2 THEN starts_with(test_id::VARCHAR, $1) ELSE "
      "\"case\" = $1 END",
      {id_or_case, is_id});
  while (tried.next()) {
    Result rows = connection.query(
        fmt::format(
            "SELECT {}, v.definition_hash, m.definition_hash FROM {} JOIN template_versions v ON "
            "v.version_id = t.version_id JOIN plan_models m ON m.plan_id = t.plan_id AND m.model_name "
            "= t.model_name WHERE t.model_name = $1 AND t.hardware_type = $2 AND t.template_name = $3 "
            "AND ($4::INTEGER IS NULL OR t.plan_id = $4) ORDER BY t.plan_id DESC",
            kColumns, kSources),
        {std::string(tried.text(2)), std::string(tried.text(3)), std::string(tried.text(4)), plan});
    while (rows.next()) {
      PlannedTest test = at_batch_size(row_of(rows), tried.integer(5),
                                       {std::string(rows.text(25)), std::string(rows.text(26))});
      if (test.test_id == tried.text(0)) return test;
    }
  }
  return std::nullopt;
}

}  // namespace

PlannedTest find_test(Connection& connection, const std::string& given, std::optional<int64_t> plan_id) {
  check_text(given, "the test's id or case");
  const bool may_be_id =
      given.size() >= 4 && given.find_first_not_of("0123456789abcdefABCDEF-") == std::string::npos;
  std::string id_or_case = given;
  if (may_be_id) std::transform(given.begin(), given.end(), id_or_case.begin(), ::tolower);
  const Parameter plan = or_null(plan_id);
  const std::string condition =
      may_be_id ? "starts_with(t.test_id::VARCHAR, $1) AND ($3::UINTEGER IS NULL OR t.name_hash = $3)"
                : "t.\"case\" = $1 AND $3::UINTEGER IS NULL";
  Result rows = connection.query(
      fmt::format(
          "SELECT {} FROM {} WHERE {} AND ($2::INTEGER IS NULL OR t.plan_id = $2) QUALIFY row_number() OVER "
          "(PARTITION BY t.test_id ORDER BY t.plan_id DESC) = 1 ORDER BY t.plan_id DESC, t.test_id LIMIT 2",
          kColumns, kSources, condition),
      {id_or_case, plan, may_be_id ? or_null(name_hash_of(id_or_case)) : Parameter()});
  if (!rows.next()) {
    if (const auto tried = find_tried(connection, id_or_case, may_be_id, plan)) return *tried;
    throw Error(ErrorKind::usage, fmt::format("there is no test {}", quote(id_or_case)),
                "`testloom tests list` shows the tests of the latest plan with their ids");
  }
  PlannedTest test = row_of(rows);
  if (may_be_id && test.test_id != id_or_case && rows.next()) {
    throw Error(ErrorKind::usage, fmt::format("several tests begin with {}", quote(id_or_case)),
                "give more of the id");
  }
  return test;
}

namespace {

Value value_of_column(const Result& rows, size_t column) {
  return rows.is_null(column) ? Value(Value::Dict()) : value_of_json(rows.text(column));
}

}  // namespace

void TestRenderer::load(Connection& connection, const PlannedTest& test) {
  std::unique_ptr<Version>& version = versions_[test.version_id];
  if (!version) {
    version = std::make_unique<Version>(compile_version(connection, test.version_id));
    for (const std::string_view name : version->compiled.used_names()) {
      version->uses_model_data = version->uses_model_data || name == "config" || name == "model";
    }
  }
  const std::pair key(test.plan_id, test.model_name);
  if (!version->uses_model_data || model_data_.contains(key)) return;
  Result rows =
      connection.query("SELECT config, attributes FROM plan_models WHERE plan_id = ? AND model_name = ?",
                       {test.plan_id, test.model_name});
  if (rows.next()) model_data_[key] = {value_of_column(rows, 0), value_of_column(rows, 1)};
}

std::vector<LineOrigin> TestRenderer::line_origins(const PlannedTest& test) const {
  const Version& version = *versions_.at(test.version_id);
  std::vector<std::pair<std::string, Value>> values = {
      {"model_name", test.model_name},         {"model_family", test.model_family},
      {"model_location", test.model_location}, {"task", test.task},
      {"hardware_type", test.hardware_type},   {"device", test.device},
      {"batch_size", test.batch_size},         {"test_id", test.test_id},
      {"template_name", test.template_name}};
  values.insert(values.end(), test.axes.begin(), test.axes.end());
  if (version.uses_model_data) {
    const ModelData& data = model_data_.at({test.plan_id, test.model_name});
    values.emplace_back("config", data.config);
    values.emplace_back("model", data.attributes);
  }
  return version.compiled.line_origins(values);
}

std::string_view TestRenderer::render(const PlannedTest& test) {
  // The slots of the names that are always there, in the order of template_names().
  enum Slot : size_t {
    model_name,
    model_family,
    model_location,
    task,
    hardware_type,
    device,
    batch_size,
    test_id,
    template_name
  };
  Version& version = *versions_.at(test.version_id);
  Renderer& renderer = version.renderer;
  renderer.set_text(model_name, test.model_name);
  renderer.set_text(model_family, test.model_family);
  renderer.set_text(model_location, test.model_location);
  renderer.set_text(task, test.task);
  renderer.set_text(hardware_type, test.hardware_type);
  renderer.set_text(device, test.device);
  renderer.set_integer(batch_size, test.batch_size);
  renderer.set_text(test_id, test.test_id);
  renderer.set_text(template_name, test.template_name);
  for (const auto& [name, value] : test.axes) {
    if (version.compiled.find_slot(name)) renderer.set(name, value);
  }
  const bool other_model = version.model_name != test.model_name || version.plan_id != test.plan_id;
  if (version.uses_model_data && other_model) {
    const ModelData& data = model_data_.at({test.plan_id, test.model_name});
    version.model_name.clear();  // until both are set
    renderer.set("config", data.config).set("model", data.attributes);
    version.model_name = test.model_name;
    version.plan_id = test.plan_id;
  }
  return renderer.render();
}

}  // namespace testloom
