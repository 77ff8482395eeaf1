// A store with runs and outcomes, written row by row.
#pragma once

#include <fmt/format.h>

#include <string>

#include "report/html/report_data.h"
#include "store/sql_text.h"
#include "support/store_fixture.h"

namespace testloom {

struct OutcomeRow {
  std::string run_id;
  std::string model_name = "bert";
  std::string hardware_type = "cpu";
  int64_t batch_size = 1;
  std::string template_name = "embedding";
  std::string outcome = "passed";
  int repetition = 1;
  int attempt = 1;
  std::string more = {};  // further columns, as "reason = 'SIGSEGV', duration_s = 2"

  std::string case_name() const {
    return fmt::format("{}/{}/{}[batch_size={}]", model_name, hardware_type, template_name, batch_size);
  }
};

class ReportFixture : public StoreFixture {
 protected:
  // Runs begin a minute apart, in the order in which they are added.
  void add_run(const std::string& run_id, int64_t plan_id = 1) {
    connection().query(
        "INSERT INTO runs (run_id, plan_id, started_at, engine, host) VALUES (?, ?, TIMESTAMP '2026-01-31 "
        "10:00:00' + "
        "to_minutes((SELECT count(*) FROM runs)), 'local', 'node-17')",
        {run_id, plan_id});
  }

  void add_plan(int64_t plan_id, const std::string& name) {
    connection().query(
        "INSERT INTO plans (plan_id, plan_name, created_at, spec, tests, skipped) VALUES (?, ?, now(), '{}', "
        "0, '[]')",
        {plan_id, name});
  }

  void add(const OutcomeRow& row) {
    // An id that is the same on every machine.
    connection().query(
        "INSERT INTO outcomes (run_id, test_id, \"case\", attempt, outcome, started_at, model_name, "
        "hardware_type, "
        "batch_size, template_name, axes, repetition) VALUES ($1, md5($2)::UUID, $2, $3, $4, now(), $5, $6, "
        "$7, $8, '{}', $9)",
        {row.run_id, row.case_name(), int64_t{row.attempt}, row.outcome, row.model_name, row.hardware_type,
         row.batch_size, row.template_name, int64_t{row.repetition}});
    if (row.more.empty()) return;
    connection().query(
        fmt::format("UPDATE outcomes SET {} WHERE run_id = $1 AND \"case\" = $2 AND attempt = $3 AND "
                    "repetition = $4",
                    row.more),
        {row.run_id, row.case_name(), int64_t{row.attempt}, int64_t{row.repetition}});
  }

  ReportData read(const ReportRequest& request = {}) { return read_report(connection(), request); }
};

}  // namespace testloom
