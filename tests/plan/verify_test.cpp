// A store that planning made has no finding; each thing that is broken in it gives its own.
#include "plan/verify.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "plan/planner.h"
#include "store/appender.h"
#include "support/store_fixture.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTyped =
    "#% param dtype: str = \"float32\"\n#% needs smoke\ndef test_it():\n    return \"${dtype}\", "
    "${batch_size}\n";

// A store with every kind of row, made once.
class Verification : public StoreFixture {
 protected:
  static void SetUpTestSuite() {
    prepared_folder = new TemporaryFolder;
    prepared = prepared_folder->path() / "whole.duckdb";
    std::vector<std::string> notes;
    const auto made = open_store(prepared, OpenMode::create);
    Connection& connection = made->connection();
    const auto add = [&](const std::string& name, const std::string& content) {
      return add_template(connection, {name, "vision", {}, content, {}, ""}, notes).template_id;
    };
    add("_head", "batch = ${batch_size}\n");
    add("smoke", "#% include \"_head\"\ndef test_it():\n    return ${batch_size}\n");
    const int64_t typed = add("typed", kTyped);
    add_mapping(connection, {"pinned", "vision", typed, {}}, notes);
    add_mapping(connection, {"net1", "vision", {}, {}}, notes);
    std::ofstream list(prepared_folder->path() / "models.csv");
    list << "name,model_family,size\n";
    for (int i = 0; i < 8; ++i) list << "net" << i << ",vision," << i << "\n";
    list.close();
    make_plans(*made);
    connection.execute(
        "INSERT INTO runs VALUES ('r', 2, now()::TIMESTAMP, NULL, 'local', NULL, NULL, '{}', NULL, NULL);"
        "INSERT INTO outcomes (run_id, test_id, \"case\", attempt, outcome, started_at, result) SELECT 'r', "
        "test_id, \"case\", 1, 'passed', now()::TIMESTAMP, '{}' FROM tests WHERE plan_id = 2");
  }
  static void TearDownTestSuite() { delete prepared_folder; }

  static void make_plans(Store& made) {
    std::vector<std::string> notes;
    PlanSpec spec = spec_of_flags("p", {"pinned"}, {"cpu", "cuda"}, {1, 4, 16});
    spec.models.push_back({"", prepared_folder->path() / "models.csv", {}});
    spec.templates = {{"typed"}};
    spec.axes = {{"dtype", {"f", "b"}, {}, {}}};
    spec.inclusions = {{{{"model_name", "net1"}, {"batch_size", 64}}, {}, {}}};
    const auto keep = [](const PlanSummary&) { return true; };
    ASSERT_GT(make_plan(made, spec, notes, keep).tests, 0);
    spec.exclusions = {{"model.size > 6 and batch_size = 4 and template_name = 'typed'", "large", {}}};
    ASSERT_EQ(make_plan(made, spec, notes, keep).plan_id, 2);
    spec.sample = Sample{true, std::nullopt, 1};
    ASSERT_EQ(make_plan(made, spec, notes, keep).plan_id, 3);
    ASSERT_EQ(make_plan(made, spec_of_flags("q", {"net1", "pinned"}, {"cpu"}, {1}), notes, keep).plan_id, 4);
  }

  // Puts a copy of the whole store in place.
  void start_over() {
    const fs::path path = folder.path() / "copy.duckdb";
    store.reset();
    fs::copy_file(prepared, path, fs::copy_options::overwrite_existing);
    store = open_store(path, OpenMode::write);
  }

  // "table: what", one each.
  std::vector<std::string> findings() {
    std::vector<std::string> lines;
    for (const Finding& finding : verify_store(connection())) {
      EXPECT_GT(finding.count, 0) << finding.what;
      EXPECT_FALSE(finding.example.empty() || finding.hint.empty()) << finding.what;
      lines.push_back(finding.table + ": " + finding.what);
    }
    return lines;
  }

  static inline TemporaryFolder* prepared_folder = nullptr;
  static inline fs::path prepared;
};

using Lines = std::vector<std::string>;

TEST_F(Verification, AWholeStoreHasNoFinding) {
  EXPECT_EQ(findings(), Lines{}) << "an empty store";
  start_over();
  EXPECT_EQ(findings(), Lines{});
  for (const char* table : {"template_parts", "needs", "plan_cells", "outcomes"})
    EXPECT_NE(rows(fmt::format("SELECT count(*)::VARCHAR FROM {}", table)), Lines{"0"}) << table;
  const StoreCounts counts = count_store(connection());
  EXPECT_EQ(counts.plans, 4);
  EXPECT_EQ(std::to_string(counts.tests), rows("SELECT count(*)::VARCHAR FROM tests").front());
  EXPECT_EQ(counts.templates, 3);
  EXPECT_EQ(counts.runs, 1);
  // Runs may outlive their plan.
  connection().execute("UPDATE runs SET plan_id = 99");
  EXPECT_EQ(findings(), Lines{});
}

TEST_F(Verification, OpensAndVerifiesWithoutWriting) {
  start_over();
  store.reset();
  const fs::path path = folder.path() / "copy.duckdb";
  const auto before = fs::last_write_time(path);
  store = open_store(path, OpenMode::read);
  EXPECT_EQ(findings(), Lines{});
  EXPECT_EQ(fs::last_write_time(path), before);
}

// A table without its constraints.
std::string bare(const std::string& table) {
  return fmt::format("CREATE TABLE bare AS FROM {0}; DROP TABLE {0}; ALTER TABLE bare RENAME TO {0};", table);
}

// The first row once more.
std::string again(const std::string& table) {
  return bare(table) + fmt::format("INSERT INTO {0} FROM {0} LIMIT 1", table);
}

struct Breakage {
  std::string sql;
  Lines expected;
};

// What of a broken store is told, in full: nothing more may come along but what follows from it.
const std::vector<Breakage>& breakages() {
  static const std::vector<Breakage> all = {
      // the schema
      {"DROP TABLE outcomes", {"outcomes: it is not there"}},
      {"DROP VIEW tests", {"tests: it is not there"}},
      {"ALTER TABLE models DROP COLUMN revision", {"models: its columns are not those of this version"}},
      {"ALTER TABLE combos ADD COLUMN more INTEGER", {"combos: its columns are not those of this version"}},
      {"ALTER TABLE runs ALTER COLUMN host TYPE BLOB", {"runs: its columns are not those of this version"}},
      {"INSERT INTO store_info FROM store_info", {"store_info: not one row"}},
      {"DELETE FROM store_info", {"store_info: not one row"}},
      {"UPDATE store_info SET schema_version = schema_version - 1", {"store_info: another schema than {}"}},
      // ids
      {again("templates"), {"templates: rows that are there again, by template_id"}},
      {again("template_versions"), {"template_versions: rows that are there again, by version_id"}},
      {again("template_parts"), {"template_parts: rows that are there again, by version_id, part"}},
      {again("model_mapping"), {"model_mapping: rows that are there again, by mapping_id"}},
      {"INSERT INTO models (model_id, model_name, created_at) VALUES (1001, 'a', ''), (1002, 'a', '')",
       {"models: rows that are there again, by model_name"}},
      {again("models") + "; UPDATE models SET model_name = rowid::VARCHAR",
       {"models: rows that are there again, by model_id"}},
      {again("plans"),
       {"plans: rows that are there again, by plan_id",
        "plans: another number of tests than there are rows"}},
      {again("runs"), {"runs: rows that are there again, by run_id"}},
      {again("outcomes"), {"outcomes: rows that are there again, by run_id, test_id, repetition, attempt"}},
      {again("plan_cells"), {"plan_cells: rows that are there again, by plan_id, cell"}},
      {again("combos"),
       {"combos: rows that are there again, by plan_id, combo",
        "combos: rows that are there again, by plan_id, hardware_type, label"}},
      {"UPDATE combos SET label = '[]' WHERE plan_id = 1",
       {"combos: rows that are there again, by plan_id, hardware_type, label"}},
      {again("needs"),
       {"needs: rows that are there again, by plan_id, model_family, pinned, profile, version_id, combo, "
        "needed_version_id, "
        "needed_combo"}},
      {again("plan_models"),
       {"plan_models: rows that are there again, by plan_id, model",
        "plan_models: rows that are there again, by plan_id, model_name"}},
      {"UPDATE plan_models SET model_name = 'net1', name_hash = ('0x' || md5('net1')[:8])::UINTEGER WHERE "
       "plan_id = 1 AND model = 3",
       {"plan_models: rows that are there again, by plan_id, model_name"}},
      {"UPDATE plan_models SET model = model + 1 WHERE plan_id = 4; UPDATE test_rows SET model = model + 1 "
       "WHERE plan_id = 4",
       {"plan_models: models that are not numbered from 0 on"}},
      // names
      {"UPDATE plan_models SET name_hash = 7 WHERE plan_id = 1 AND model = 0",
       {"plan_models: a name_hash that is not that of the name"}},
      {"UPDATE plan_models SET model_name = 'net0' WHERE plan_id = 4 AND model_name = 'net1'",
       {"plan_models: a name_hash that is not that of the name"}},
      {"UPDATE model_mapping SET model_family = 'no name'", {"model_mapping: no name in model_family"}},
      {"UPDATE combos SET hardware_type = '' WHERE plan_id = 4", {"combos: no name in hardware_type"}},
      {"UPDATE templates SET hardware_type = 'c p u' WHERE template_id = 1",
       {"templates: no name in hardware_type"}},
      // references of the catalog
      {"DELETE FROM templates WHERE template_name = 'smoke'",
       {"template_versions: template_id of a row that templates does not have"}},
      {"UPDATE model_mapping SET template_id = 77",
       {"model_mapping: template_id of a row that templates does not have"}},
      {"UPDATE template_parts SET version_id = 77",
       {"template_parts: version_id of a row that template_versions does not have"}},
      {"UPDATE templates SET content = 'other' WHERE template_id = 1",
       {"templates: a current text that template_versions does not have"}},
      {"UPDATE outcomes SET run_id = 's'", {"outcomes: run_id of a row that runs does not have"}},
      // half of a plan
      {"DELETE FROM plans WHERE plan_id = 4",
       {"combos: rows of a plan that is not there", "needs: rows of a plan that is not there",
        "plan_cells: rows of a plan that is not there", "plan_models: rows of a plan that is not there",
        "plan_skips: rows of a plan that is not there", "test_rows: rows of a plan that is not there"}},
      {"INSERT INTO plan_models SELECT * REPLACE (99 AS plan_id) FROM plan_models WHERE plan_id = 1",
       {"plan_models: rows of a plan that is not there"}},
      {"INSERT INTO combos SELECT * REPLACE (99 AS plan_id) FROM combos WHERE plan_id = 1",
       {"combos: rows of a plan that is not there"}},
      {"DELETE FROM test_rows WHERE plan_id = 4", {"plans: another number of tests than there are rows"}},
      {"UPDATE plans SET tests = tests + 1 WHERE plan_id = 3",
       {"plans: another number of tests than there are rows"}},
      // references of a plan
      {"UPDATE test_rows SET cell = 7777 WHERE plan_id = 4 AND cell = (SELECT max(cell) FROM test_rows WHERE "
       "plan_id = 4)",
       {"test_rows: plan_id, cell of a row that plan_cells does not have"}},
      {"INSERT INTO test_rows VALUES (4, 7, 0); UPDATE plans SET tests = tests + 1 WHERE plan_id = 4",
       {"test_rows: tests of a model that plan_models does not have"}},
      {"INSERT INTO plan_cells SELECT * REPLACE (7777 AS cell, 7777 AS combo) FROM plan_cells WHERE plan_id "
       "= 4 "
       "AND cell = 0",
       {"plan_cells: plan_id, combo of a row that combos does not have"}},
      {"INSERT INTO plan_cells SELECT * REPLACE (7777 AS cell, 7777 AS previous_combo) FROM plan_cells WHERE "
       "plan_id = 4 AND cell = 0",
       {"plan_cells: plan_id, previous_combo of a row that combos does not have"}},
      {"INSERT INTO plan_cells SELECT * REPLACE (7777 AS cell, 7777 AS version_id) FROM plan_cells WHERE "
       "plan_id "
       "= 4 AND cell = 0",
       {"plan_cells: version_id of a row that template_versions does not have"}},
      {"UPDATE needs SET needed_combo = 7777 WHERE plan_id = 4",
       {"needs: plan_id, needed_version_id, needed_combo of a row that plan_cells does not have",
        "test_rows: tests that need one which is not there"}},
      {"UPDATE needs SET combo = 7777 WHERE plan_id = 4",
       {"needs: plan_id, version_id, combo of a row that plan_cells does not have"}},
      // what comes before
      {"UPDATE plan_cells SET previous_combo = combo WHERE plan_id = 4",
       {"plan_cells: a previous_combo that is not a smaller batch of the same hardware type and axes"}},
      {"UPDATE combos SET axes = '{\"other\": 1}' WHERE plan_id = 1 AND combo = (SELECT min(previous_combo) "
       "FROM "
       "plan_cells WHERE plan_id = 1)",
       {"plan_cells: a previous_combo that is not a smaller batch of the same hardware type and axes"}},
      {"DELETE FROM test_rows WHERE plan_id = 1 AND model = 3 AND cell IN (SELECT k.cell FROM plan_cells k "
       "JOIN "
       "combos c ON c.plan_id = 1 AND c.combo = k.combo WHERE k.plan_id = 1 AND c.batch_size = 4 AND NOT "
       "k.is_reference); UPDATE plans SET tests = (SELECT count(*) FROM test_rows WHERE plan_id = 1) WHERE "
       "plan_id = 1",
       {"test_rows: tests whose previous test is not there"}},
      {"DELETE FROM test_rows WHERE plan_id = 1 AND model = 3 AND cell IN (SELECT cell FROM plan_cells WHERE "
       "plan_id = 1 AND is_reference); UPDATE plans SET tests = (SELECT count(*) FROM test_rows WHERE "
       "plan_id = "
       "1) WHERE plan_id = 1",
       {"test_rows: tests that need one which is not there"}},
      // twice
      {"INSERT INTO test_rows FROM test_rows WHERE plan_id = 4 LIMIT 1; UPDATE plans SET tests = tests + 1 "
       "WHERE plan_id = 4",
       {"test_rows: tests that are there twice"}},
      {"INSERT INTO plan_cells SELECT * REPLACE (7777 AS cell) FROM plan_cells WHERE plan_id = 4 AND cell = "
       "0; "
       "INSERT INTO test_rows SELECT plan_id, model, 7777 FROM test_rows WHERE plan_id = 4 AND cell = 0 "
       "LIMIT 1; "
       "UPDATE plans SET tests = tests + 1 WHERE plan_id = 4",
       {"test_rows: tests of two cells with the same template version and combo"}},
      // values
      {"UPDATE plan_models SET profile = 'gone' WHERE plan_id = 4 AND model = 0",
       {"plan_models: a profile that plan_profiles does not have"}},
      {"INSERT INTO calibration_state VALUES (1, NULL, ''), (2, NULL, '')",
       {"calibration_state: more than one row"}},
      {"INSERT INTO device_figures VALUES ('cpu', '', 1, 1, 'nan', 1, 1, '', now()::TIMESTAMP)",
       {"device_figures: a figure that is not above 0"}},
      {"INSERT INTO calibrations VALUES ('time', 'cpu', '', 1, 0, 'inf', 1, 1, 0, 0)",
       {"calibrations: a correction that is no number"}},
      {"UPDATE plan_cells SET priority = 0 WHERE plan_id = 4 AND cell = 0",
       {"plan_cells: a priority that is not 1 to 10, or a negative estimate"}},
      {"INSERT INTO combos VALUES (4, 7777, 'cpu', 0, '{}', '[batch_size=0]', 'cpu')",
       {"combos: a batch size below 1"}},
      {"UPDATE plan_models SET model_name = '', name_hash = ('0x' || md5('')[:8])::UINTEGER WHERE plan_id = "
       "1 "
       "AND model = 0",
       {"plan_models: an empty name"}},
      {"UPDATE plans SET spec = '7' WHERE plan_id = 1", {"plans: no JSON object in spec"}},
      {"UPDATE plans SET skipped = '{}' WHERE plan_id = 1", {"plans: no JSON list in skipped"}},
      {"UPDATE plan_models SET attributes = '[]' WHERE plan_id = 1",
       {"plan_models: no JSON object in attributes"}},
      {"UPDATE template_versions SET declared = '\"\"'", {"template_versions: no JSON object in declared"}},
      {"UPDATE runs SET environment = 'null'", {"runs: no JSON object in environment"}},
      // the view
      {"CREATE OR REPLACE TABLE seen AS FROM tests LIMIT 0; DROP VIEW tests; ALTER TABLE seen RENAME TO "
       "tests",
       {"tests: the view shows other tests than there are"}},
  };
  return all;
}

TEST_F(Verification, EachBreakageIsFound) {
  for (Breakage breakage : breakages()) {
    SCOPED_TRACE(breakage.sql);
    start_over();
    connection().execute(breakage.sql);
    for (std::string& line : breakage.expected) {
      if (const size_t at = line.find("{}"); at != std::string::npos) {
        const std::string version = rows("SELECT (max(schema_version) + 1)::VARCHAR FROM store_info").front();
        line.replace(at, 2, version);
      }
    }
    EXPECT_EQ(findings(), breakage.expected);
  }
}

TEST_F(Verification, AViewWithOtherIdsIsFound) {
  start_over();
  const std::string view = rows("SELECT sql FROM duckdb_views() WHERE view_name = 'tests'").front();
  std::string other = view;
  const size_t at = other.find("-8'");
  ASSERT_NE(at, std::string::npos) << view;
  other.replace(at, 3, "-7'");
  connection().execute("DROP VIEW tests; " + other);
  EXPECT_EQ(findings(), Lines{"tests: the view shows other tests than there are"});
}

TEST_F(Verification, CountsAndNamesOne) {
  start_over();
  connection().execute("UPDATE outcomes SET run_id = 's' WHERE rowid < 3");
  const std::vector<Finding> found = verify_store(connection());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found.front().count, 3);
  EXPECT_EQ(found.front().example.substr(0, 18), "run_id s, test_id ");
}

TEST_F(Verification, JsonThatIsNoneIsFound) {
  start_over();
  Appender combos(connection(), "", "combos");  // does not look at what it is given
  combos.add(int64_t{4})
      .add(int64_t{7777})
      .add("cpu")
      .add(int64_t{1})
      .add("{")
      .add("[x]")
      .add("cpu")
      .end_row();
  combos.flush();
  EXPECT_EQ(findings(), Lines{"combos: no JSON object in axes"});
}

}  // namespace
}  // namespace testloom
