// The reader makes in C++ what the view `tests` makes in SQL; the two must agree to the letter.
#include "plan/test_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "plan/planner.h"
#include "support/store_fixture.h"

namespace testloom {
namespace {

class TestReading : public StoreFixture {
 protected:
  int64_t plan(const std::vector<std::string>& models, const std::vector<int64_t>& batches) {
    return make_plan(*store, spec_of_flags("flags", models, {"cpu", "cuda"}, batches), notes,
                     [](const PlanSummary&) { return true; })
        .plan_id;
  }

  std::vector<std::string> read(const TestFilter& filter) {
    std::vector<std::string> lines;
    for_each_test(connection(), filter, [&](const PlannedTest& t) {
      lines.push_back(fmt::format(
          "{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} [{}] {} {}", t.test_id, t.case_name, t.model_name,
          t.model_family, t.task, t.model_location, t.family_origin, t.hardware_type, t.batch_size,
          t.template_name, t.template_id, t.template_version, t.priority, t.estimated_memory_gb,
          t.estimate_origin, fmt::join(t.dependencies, ","), t.last_outcome.value_or("-"), t.output_kind));
    });
    return lines;
  }

  // The same out of the view.
  std::vector<std::string> view(int64_t plan_id, const std::string& condition = "true") {
    Result rows = connection().query(
        fmt::format(
            "SELECT t.test_id::VARCHAR, \"case\", model_name, model_family, task, model_location, "
            "family_origin, "
            "hardware_type, batch_size, template_name, template_id, template_version, priority, "
            "estimated_memory_gb, estimate_origin::VARCHAR, array_to_string(dependencies::VARCHAR[], ','), "
            "coalesce((SELECT arg_max(outcome, (started_at, attempt)) FROM outcomes o WHERE o.test_id = "
            "t.test_id), '-'), output_kind FROM tests t WHERE plan_id = ? AND ({}) ORDER BY model, "
            "template_name, "
            "version_id, combo",
            condition),
        {plan_id});
    std::vector<std::string> lines;
    while (rows.next()) {
      std::string line;
      for (size_t column = 0; column < 18; ++column) {
        std::string text = column == 13 ? fmt::format("{}", rows.real(column))
                           : column == 8 || (column >= 10 && column <= 12)
                               ? std::to_string(rows.integer(column))
                               : std::string(rows.text(column));
        if (column == 15) text = "[" + text + "]";
        line += (line.empty() ? "" : " ") + text;
      }
      lines.push_back(line);
    }
    return lines;
  }
};

TEST_F(TestReading, GivesWhatTheViewGives) {
  add("latency", "vision");
  add("latency", "vision", "cuda");
  add("accuracy", "vision");
  add("Zeta", "text_embedding");
  std::vector<std::string> models = {"org/vit-base", "näme/vit-ü", "a b'c\"d\\vit", "bert"};
  for (const std::string& name : {models[1], models[2]}) map(name, "vision");
  for (int i = 0; i < 200; ++i) models.push_back(fmt::format("many/vit-{}", i));
  const int64_t plan_id = plan(models, {1, 2, 16});
  const std::vector<std::string> lines = read({plan_id, {}, {}, {}});
  ASSERT_GT(lines.size(), 1000u);
  EXPECT_EQ(lines, view(plan_id));
  EXPECT_EQ(read({plan_id, {"cuda"}, {}, {}}), view(plan_id, "hardware_type = 'cuda'"));
  const std::string id = lines[700].substr(0, 36);
  EXPECT_EQ(read({plan_id, {}, id, {}}), view(plan_id, fmt::format("test_id = '{}'", id)));
  EXPECT_EQ(read({plan_id, {}, {}, 3}), std::vector<std::string>(lines.begin(), lines.begin() + 3));
  EXPECT_TRUE(read({plan_id, {}, "695f9788-0000-8000-8000-000000000000", {}}).empty());
  EXPECT_TRUE(read({plan_id, {}, {}, 0}).empty());
}

TEST_F(TestReading, TellsTheLastOutcome) {
  add("latency", "vision");
  const int64_t plan_id = plan({"org/vit-base"}, {1, 2});
  const std::string id = read({plan_id, {}, {}, 1}).front().substr(0, 36);
  for (const char* row :
       {"'1', 'passed', '2026-01-02'", "'2', 'failed', '2026-01-03'", "'3', 'oom', '2026-01-01'"}) {
    connection().execute(
        fmt::format("INSERT INTO outcomes (attempt, outcome, started_at, run_id, test_id, \"case\") "
                    "VALUES ({}, 'r', '{}', 'c')",
                    row, id));
  }
  EXPECT_EQ(read({plan_id, {}, {}, {}}), view(plan_id));
  EXPECT_NE(read({plan_id, {}, {}, 1}).front().find(" failed "), std::string::npos);
}

TEST_F(TestReading, HashesAsDuckDBDoes) {
  for (const size_t size : {0, 1, 55, 56, 63, 64, 65, 1000}) {
    const std::string text(size, 'x');
    Result rows = connection().query("SELECT md5(?)", {Parameter(text)});
    ASSERT_TRUE(rows.next());
    const Digest digest = md5_of(text);
    EXPECT_EQ(std::string_view(digest.data(), digest.size()), rows.text(0)) << text;
  }
}

}  // namespace
}  // namespace testloom
