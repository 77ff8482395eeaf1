#include "plan/estimates/test_estimate.h"

#include <fmt/format.h>

#include "catalog/json_values.h"
#include "catalog/template_parts.h"
#include "model/estimate/family_prior.h"
#include "plan/estimates/cell_estimates.h"
#include "plan/estimates/observations.h"

namespace testloom {

namespace {

Profile profile_of(Connection& connection, const PlannedTest& test) {
  Result rows = connection.query(
      fmt::format(
          "SELECT {} FROM plan_profiles WHERE plan_id = $1 AND profile = (SELECT profile FROM plan_models "
          "WHERE plan_id = $1 AND model_name = $2)",
          profile_columns),
      {test.plan_id, test.model_name});
  if (rows.next()) return read_profile(rows);
  Profile profile;
  profile.model_family = test.model_family;
  return profile;
}

Libraries libraries_of_plan(Connection& connection, int64_t plan_id) {
  Result rows = connection.query(
      "SELECT coalesce(spec->>'torch', ''), coalesce(spec->>'transformers', '') FROM plans WHERE plan_id = ?",
      {plan_id});
  if (!rows.next()) return {};
  return {std::string(rows.text(0)), std::string(rows.text(1))};
}

std::string prior_terms(const PlannedTest& test) {
  const double figure = prior_memory_gb(test.model_family, 4'000'000) / 1'000'000;
  return fmt::format("{:.4g} GB for family {} at batch size {}, x {} / {}, at least {} GB = {:.4g} GB",
                     figure, test.model_family, prior_batch_size, test.batch_size, prior_batch_size,
                     prior_memory_floor_gb, test.estimated_memory_gb);
}

}  // namespace

Knowledge current_knowledge(Connection& connection, int64_t plan_id) {
  Knowledge knowledge = read_knowledge(connection, libraries_of_plan(connection, plan_id));
  Calibrated calibrated = current_calibration(connection).found;
  knowledge.calibration = std::move(calibrated.calibration);
  knowledge.measured = std::move(calibrated.cells);
  return knowledge;
}

TestEstimate explain_estimate(Connection& connection, const Knowledge& knowledge, const PlannedTest& test) {
  const Template compiled = compile_version(connection, test.version_id);
  const NamedWork work = work_of({test.hardware_type, test.device, test.batch_size, knowledge.libraries,
                                  &compiled.workload(), &compiled.parameters(), test.axes});
  Result version = connection.query("SELECT definition_hash FROM template_versions WHERE version_id = ?",
                                    {test.version_id});
  version.next();
  TestEstimate explained;
  explained.work = work.key;
  explained.prediction = predict(knowledge, profile_of(connection, test),
                                 {&work.cell, test.hardware_type, std::string(version.text(0)),
                                  test.model_name, json_of(Value(Value::Dict(test.axes)))});
  if (explained.prediction.raw.origin == "prior") explained.prior_terms = prior_terms(test);
  return explained;
}

}  // namespace testloom
