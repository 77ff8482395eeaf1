#include "plan/tests.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/json_values.h"
#include "catalog/names.h"
#include "catalog/template_parts.h"

namespace testloom {

namespace {

constexpr const char* kColumns =
    "t.test_id::VARCHAR, t.\"case\", t.model_name, t.model_family, t.task, t.model_location, "
    "t.family_origin, "
    "t.hardware_type, t.batch_size, t.template_name, t.template_id, t.template_version, t.version_id, "
    "t.priority, "
    "t.estimated_memory_gb, t.estimate_origin::VARCHAR, t.dependencies::VARCHAR[], o.outcome, t.plan_id, "
    "coalesce(t.output_kind, 'python')";

constexpr const char* kRenderedColumns =
    "t.test_id::VARCHAR, t.\"case\", t.model_name, t.model_family, t.task, t.model_location, "
    "t.hardware_type, t.batch_size, t.template_name, t.version_id, t.plan_id, coalesce(t.output_kind, "
    "'python')";

// Of the filter's hardware types and test, as $2 and $3.
constexpr const char* kFilter =
    "t.plan_id = $1 AND (len($2) = 0 OR list_contains($2, t.hardware_type)) AND ($3::VARCHAR IS NULL OR "
    "t.test_id::VARCHAR = $3)";
constexpr const char* kOrder = "ORDER BY t.model, t.template_name, t.version_id, t.combo";

constexpr const char* kSources =
    "tests t LEFT JOIN (SELECT test_id, outcome FROM outcomes QUALIFY row_number() OVER (PARTITION BY "
    "test_id ORDER BY "
    "started_at DESC, attempt DESC) = 1) o ON o.test_id = t.test_id";

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
  return test;
}

std::string hash_prefix_condition(const std::string& id) {
  if (id.size() < 8 || id.find_first_not_of("0123456789abcdef") < 8) return "true";
  return fmt::format("t.name_hash = {}", std::stoul(id.substr(0, 8), nullptr, 16));
}

}  // namespace

void for_each_test(Connection& connection, const TestFilter& filter,
                   const std::function<void(const PlannedTest&)>& use) {
  const Parameter test_id = or_null(filter.test_id);
  Result rows =
      connection.query(fmt::format("SELECT {} FROM {} WHERE {} {}{}", kColumns, kSources, kFilter, kOrder,
                                   filter.limit ? fmt::format(" LIMIT {}", *filter.limit) : ""),
                       {filter.plan_id, filter.hardware_types, test_id});
  while (rows.next()) use(row_of(rows));
}

namespace {

PlannedTest rendered_row_of(const Result& rows) {
  PlannedTest test;
  test.test_id = rows.text(0);
  test.case_name = rows.text(1);
  test.model_name = rows.text(2);
  test.model_family = rows.text(3);
  test.task = rows.text(4);
  test.model_location = rows.text(5);
  test.hardware_type = rows.text(6);
  test.batch_size = rows.integer(7);
  test.template_name = rows.text(8);
  test.version_id = rows.integer(9);
  test.plan_id = rows.integer(10);
  test.output_kind = rows.text(11);
  return test;
}

struct PlanSize {
  int64_t tests = 0;
  int64_t models = 0;
};

PlanSize size_of(Connection& connection, int64_t plan_id) {
  Result rows = connection.query(
      "SELECT count(*), coalesce(max(model) + 1, 0) FROM test_rows WHERE plan_id = ?", {plan_id});
  rows.next();
  return {rows.integer(0), rows.integer(1)};
}

}  // namespace

void for_each_test_to_render(Connection& connection, const TestFilter& filter,
                             const std::function<void(const PlannedTest&)>& use) {
  // Enough that a statement's own cost is little beside it.
  constexpr int64_t kTestsAtOnce = 4096;
  Transaction transaction(connection);
  const PlanSize size = size_of(connection, filter.plan_id);
  const int64_t models = std::max<int64_t>(1, kTestsAtOnce * size.models / std::max<int64_t>(1, size.tests));
  const std::string sql = fmt::format("SELECT {} FROM tests t WHERE {} AND t.model >= $4 AND t.model < $5 {}",
                                      kRenderedColumns, kFilter, kOrder);
  int64_t left = filter.limit.value_or(size.tests);
  for (int64_t model = 0; model < size.models && left > 0; model += models) {
    Result rows = connection.query(
        sql, {filter.plan_id, filter.hardware_types, or_null(filter.test_id), model, model + models});
    for (; left > 0 && rows.next(); --left) use(rendered_row_of(rows));
  }
}

bool has_tests(Connection& connection, const TestFilter& filter) {
  return connection
      .query(fmt::format("SELECT 1 FROM tests t WHERE {} LIMIT 1", kFilter),
             {filter.plan_id, filter.hardware_types, or_null(filter.test_id)})
      .next();
}

PlannedTest find_test(Connection& connection, const std::string& given, std::optional<int64_t> plan_id) {
  check_text(given, "the test's id or case");
  const bool may_be_id =
      given.size() >= 4 && given.find_first_not_of("0123456789abcdefABCDEF-") == std::string::npos;
  std::string id_or_case = given;
  if (may_be_id) std::transform(given.begin(), given.end(), id_or_case.begin(), ::tolower);
  const Parameter plan = or_null(plan_id);
  const std::string condition =
      may_be_id ? fmt::format("starts_with(t.test_id::VARCHAR, $1) AND {}", hash_prefix_condition(id_or_case))
                : "t.\"case\" = $1";
  Result rows = connection.query(
      fmt::format(
          "SELECT {} FROM {} WHERE {} AND ($2::INTEGER IS NULL OR t.plan_id = $2) QUALIFY row_number() OVER "
          "(PARTITION BY t.test_id ORDER BY t.plan_id DESC) = 1 ORDER BY t.plan_id DESC, t.test_id LIMIT 2",
          kColumns, kSources, condition),
      {id_or_case, plan});
  if (!rows.next()) {
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
  renderer.set_text(device, device_of(test.hardware_type));
  renderer.set_integer(batch_size, test.batch_size);
  renderer.set_text(test_id, test.test_id);
  renderer.set_text(template_name, test.template_name);
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
