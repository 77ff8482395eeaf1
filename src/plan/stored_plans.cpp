#include "plan/stored_plans.h"

#include <fmt/format.h>

#include "plan/plan_record.h"

namespace testloom {

namespace {

constexpr const char* kPlansSql =
    "SELECT p.plan_id, p.plan_name, strftime(p.created_at, '%Y-%m-%d %H:%M:%S'), p.tests, (SELECT count(*) "
    "FROM "
    "plan_models m WHERE m.plan_id = p.plan_id), p.spec::VARCHAR FROM plans p";

StoredPlan plan_of(const Result& rows) {
  return {rows.integer(0), std::string(rows.text(1)), std::string(rows.text(2)),
          rows.integer(3), rows.integer(4),           std::string(rows.text(5))};
}

}  // namespace

std::vector<StoredPlan> stored_plans(Connection& connection) {
  Result rows = connection.query(fmt::format("{} ORDER BY p.plan_id", kPlansSql));
  std::vector<StoredPlan> plans;
  while (rows.next()) plans.push_back(plan_of(rows));
  return plans;
}

StoredPlan stored_plan(Connection& connection, int64_t plan_id) {
  Result rows = connection.query(fmt::format("{} WHERE p.plan_id = ?", kPlansSql), {plan_id});
  rows.next();
  return plan_of(rows);
}

PlanSummary stored_summary(Connection& connection, int64_t plan_id) {
  Result rows = connection.query(
      "SELECT tests, summary::VARCHAR, skipped::VARCHAR FROM plans WHERE plan_id = ?", {plan_id});
  PlanSummary summary;
  summary.plan_id = plan_id;
  if (!rows.next()) return summary;
  summary.tests = rows.integer(0);
  if (!rows.is_null(1)) read_summary(summary, rows.text(1), rows.text(2));
  summary.time = predict_time(connection, plan_id);
  return summary;
}

int64_t remove_plan(Connection& connection, int64_t plan_id) {
  Transaction transaction(connection);
  const int64_t tests = stored_plan(connection, plan_id).tests;
  for (const char* table : kPlanTables)
    connection.query(fmt::format("DELETE FROM {} WHERE plan_id = ?", table), {plan_id});
  transaction.commit();
  return tests;
}

}  // namespace testloom
