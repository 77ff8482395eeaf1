#include "plan/estimates/observations.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "catalog/names.h"
#include "catalog/template_parts.h"
#include "plan/estimates/prediction.h"
#include "plan/tests.h"

namespace testloom {

namespace {

// What ran, with the plan's row of it. A test's id begins with its model's name, so that only its model's
// tests are gone through. A model that nothing but its name is known of is a profile of its own.
constexpr std::string_view kOutcomesSql = R"sql(
WITH ran AS (
  SELECT o.test_id, o."case" AS case_name, o.outcome, o.peak_memory_bytes, o.started_at, r.plan_id,
         try_cast(o.result->>'$.peak_device_memory_bytes' AS BIGINT) AS device_bytes,
         try_cast(o.result->>'$.latency_s.p50' AS DOUBLE) AS pass_s,
         r.environment->>'torch' AS torch, r.environment,
         ('0x' || substr(o.test_id::VARCHAR, 1, 8))::UINTEGER AS name_hash
  FROM outcomes o JOIN runs r ON r.run_id = o.run_id
  WHERE o.outcome IN ('passed', 'oom')
  QUALIFY row_number() OVER (PARTITION BY o.test_id, o.outcome ORDER BY o.started_at DESC) <= {repeats}
  ORDER BY o.started_at DESC LIMIT {most})
SELECT CASE WHEN m.profile ^@ 'config ' THEN m.profile ELSE 'model ' || m.model_name END, m.model_family, p.config::VARCHAR,
       p.parameter_count, m.model_name, m.task, v.template_name, k.version_id, c.hardware_type, coalesce(c.device, ''), c.batch_size, c.axes::VARCHAR,
       ran.outcome = 'oom', ran.peak_memory_bytes, ran.device_bytes, ran.pass_s, coalesce(ran.torch, ''),
       try_cast(json_extract_string(ran.environment, '$.devices.' || c.hardware_type || '[0].memory_bytes') AS BIGINT)
FROM ran
JOIN plan_models m ON m.plan_id = ran.plan_id AND m.name_hash = ran.name_hash
JOIN test_rows t ON t.plan_id = m.plan_id AND t.model = m.model
JOIN plan_cells k ON k.plan_id = m.plan_id AND k.cell = t.cell
JOIN combos c ON c.plan_id = m.plan_id AND c.combo = k.combo
JOIN template_versions v ON v.version_id = k.version_id
LEFT JOIN plan_profiles p ON p.plan_id = m.plan_id AND p.profile = m.profile
WHERE ran.case_name = m.model_name || '/' || c.hardware_type || '/' || v.template_name || c.label
ORDER BY ran.started_at, ran.test_id
)sql";

struct Ran {
  Profile profile;
  MeasuredKey key;
  int64_t version_id, batch_size;
  std::string device, torch;
  bool is_oom;
  std::optional<int64_t> process_bytes, device_bytes, whole_device_bytes;
  std::optional<double> pass_s;
};

std::optional<int64_t> bytes_at(const Result& row, size_t column) {
  return row.is_null(column) || row.integer(column) <= 0 ? std::nullopt : std::optional(row.integer(column));
}

Ran ran_of(const Result& row) {
  Ran ran;
  ran.profile = read_profile(row);
  ran.key = {ran.profile.name, std::string(row.text(6)), std::string(row.text(8)), std::string(row.text(11))};
  ran.version_id = row.integer(7);
  ran.device = row.text(9).empty() ? device_of(ran.key.hardware_type) : std::string(row.text(9));
  ran.batch_size = row.integer(10);
  ran.is_oom = row.boolean(12);
  ran.process_bytes = bytes_at(row, 13);
  ran.device_bytes = bytes_at(row, 14);
  if (!row.is_null(15) && row.real(15) > 0) ran.pass_s = row.real(15);
  ran.torch = row.text(16);
  ran.whole_device_bytes = bytes_at(row, 17);
  return ran;
}

class Observer {
 public:
  explicit Observer(Connection& connection)
      : connection_(connection), knowledge_(read_knowledge(connection, "")) {}

  void observe(const Ran& ran) {
    const NamedWork work = work_of(request_of(ran));
    const Prediction raw = predict(knowledge_, ran.profile, {&work.cell, ran.key.hardware_type, {}, {}});
    MeasuredCell& cell = cells_[ran.key][ran.batch_size];
    if (is_host(work.cell.work.hardware_type)) {
      note_memory(ran, raw, ran.process_bytes, cell);
    } else {
      note_memory(ran, raw, needed_on_device(ran, raw), cell);
      raise(cell.host_memory_bytes, ran.process_bytes);
      if (ran.process_bytes && !ran.is_oom)
        add(host_memory_, ran, raw, raw.host_memory_bytes, *ran.process_bytes);
    }
    if (ran.pass_s && !ran.is_oom) {
      times_[{ran.key, ran.batch_size}].push_back(*ran.pass_s);
      if (raw.time_s > 0) add(time_, ran, raw, raw.time_s, *ran.pass_s);
    }
  }

  Calibrated finish() {
    for (auto& [key, seconds] : times_) {
      std::ranges::nth_element(seconds, seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2));
      cells_[key.first][key.second].time_s = seconds[seconds.size() / 2];
    }
    return {
        {fit_corrections(memory_, CorrectionKind::memory),
         fit_corrections(host_memory_, CorrectionKind::memory), fit_corrections(time_, CorrectionKind::time)},
        std::move(cells_)};
  }

 private:
  WorkRequest request_of(const Ran& ran) {
    auto compiled = templates_.find(ran.version_id);
    if (compiled == templates_.end())
      compiled = templates_.emplace(ran.version_id, compile_version(connection_, ran.version_id)).first;
    return {ran.key.hardware_type,
            ran.device,
            ran.batch_size,
            ran.torch,
            &compiled->second.workload(),
            &compiled->second.parameters(),
            axes_of_json(ran.key.axes)};
  }

  static void raise(std::optional<int64_t>& most, const std::optional<int64_t>& bytes) {
    if (bytes) most = std::max(most.value_or(0), *bytes);
  }

  // What the test's own tensors took, with the context and what the allocator holds beside them. Where a
  // device ran out, that is all it has.
  static std::optional<int64_t> needed_on_device(const Ran& ran, const Prediction& raw) {
    if (ran.is_oom) return ran.whole_device_bytes;
    if (!ran.device_bytes) return std::nullopt;
    int64_t beside = 0;
    for (const MemoryTerm& term : raw.raw.terms) {
      if (term.name == "context" || term.name == "allocator") beside += term.bytes;
    }
    return *ran.device_bytes + beside;
  }

  void note_memory(const Ran& ran, const Prediction& raw, const std::optional<int64_t>& bytes,
                   MeasuredCell& cell) {
    if (!bytes) return;
    raise(ran.is_oom ? cell.least_memory_bytes : cell.memory_bytes, bytes);
    add(memory_, ran, raw, raw.memory_bytes, static_cast<double>(*bytes));
  }

  template <typename Estimated, typename Measured>
  void add(std::vector<KeyedObservation>& observations, const Ran& ran, const Prediction& raw,
           Estimated estimated, Measured measured) {
    if (raw.origin == "prior") return;
    observations.push_back({{ran.key.hardware_type, raw.raw.model_type},
                            {static_cast<double>(estimated), static_cast<double>(measured), ran.is_oom}});
  }

  Connection& connection_;
  Knowledge knowledge_;
  std::map<int64_t, Template> templates_;
  std::vector<KeyedObservation> memory_, host_memory_, time_;
  std::map<std::pair<MeasuredKey, int64_t>, std::vector<double>> times_;
  MeasuredCells cells_;
};

}  // namespace

Calibrated calibrate(Connection& connection) {
  std::vector<Ran> all;
  {
    Result rows = connection.query(fmt::format(kOutcomesSql, fmt::arg("repeats", observed_repeats),
                                               fmt::arg("most", most_observations)));
    while (rows.next()) all.push_back(ran_of(rows));
  }
  Observer observer(connection);
  for (const Ran& ran : all) observer.observe(ran);
  return observer.finish();
}

CurrentCalibration current_calibration(Connection& connection) {
  CurrentCalibration current;
  current.state = calibration_state_of_outcomes(connection);
  current.is_new = current.state != stored_calibration_state(connection);
  current.found = current.is_new ? calibrate(connection)
                                 : Calibrated{read_calibration(connection), read_measured_cells(connection)};
  return current;
}

void keep_calibration(Connection& connection, const CurrentCalibration& current) {
  if (!current.is_new) return;
  write_calibration(connection, current.found.calibration, current.found.cells, current.state);
}

}  // namespace testloom
