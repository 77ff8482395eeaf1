#include "plan/estimates/observations.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "catalog/names.h"
#include "catalog/template_parts.h"
#include "plan/estimates/prediction.h"
#include "plan/tests.h"

namespace testloom {

namespace {

// What ran, with the plan's row of it. A test's id begins with its model's name, so that only its model's
// tests are gone through. A model of which nothing but its name is known is a profile of its own.
// `most_bytes` is the most that any passed attempt at the test took.
constexpr std::string_view kOutcomesSql = R"sql(
WITH all_of AS (
  SELECT o.test_id, o."case" AS case_name, o.outcome, o.peak_memory_bytes, o.started_at, r.plan_id, o.result,
         r.environment, o.outcome = 'oom' AND (coalesce(o.error_type, '') = 'MemoryError' OR o.reason IS NOT NULL) AS is_host_oom,
         max(o.peak_memory_bytes) FILTER (o.outcome = 'passed') OVER (PARTITION BY o.test_id) AS most_bytes
  FROM outcomes o JOIN runs r ON r.run_id = o.run_id
  WHERE o.outcome IN ('passed', 'oom')
  QUALIFY row_number() OVER (PARTITION BY o.test_id, o.outcome ORDER BY o.started_at DESC) <= {repeats}),
ran AS (
  SELECT *, try_cast(result->>'$.peak_device_memory_bytes' AS BIGINT) AS device_bytes,
         try_cast(result->>'$.latency_s.p50' AS DOUBLE) AS pass_s,
         environment->>'torch' AS torch, environment->>'transformers' AS transformers, ('0x' || substr(test_id::VARCHAR, 1, 8))::UINTEGER AS name_hash
  FROM all_of ORDER BY started_at DESC LIMIT {most})
SELECT CASE WHEN m.profile ^@ 'config ' THEN m.profile ELSE 'model ' || m.model_name END, m.model_family,
       p.config::VARCHAR, p.parameter_count, p.weight_bytes, m.model_name, m.task,
       v.definition_hash, k.version_id, c.hardware_type, coalesce(c.device, ''), c.batch_size, c.axes::VARCHAR,
       ran.outcome = 'oom', ran.is_host_oom, ran.peak_memory_bytes, ran.most_bytes, ran.device_bytes, ran.pass_s,
       coalesce(ran.torch, ''), coalesce(ran.transformers, ''), CASE WHEN ran.outcome = 'oom' THEN ran.environment::VARCHAR END
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
  std::shared_ptr<const Profile> profile;
  MeasuredKey key;
  int64_t version_id, batch_size;
  std::string device, environment;
  Libraries libraries;
  bool is_oom, is_host_oom;
  std::optional<int64_t> process_bytes, most_bytes, device_bytes;
  std::optional<double> pass_s;
};

// Figures that no machine can have are left out.
constexpr int64_t most_bytes_of_a_machine = 1'000'000'000'000'000;
constexpr double most_seconds = 1e7, least_seconds = 1e-9;

std::optional<int64_t> bytes_at(const Result& row, size_t column) {
  if (row.is_null(column)) return std::nullopt;
  const int64_t bytes = row.integer(column);
  return bytes > 0 && bytes < most_bytes_of_a_machine ? std::optional(bytes) : std::nullopt;
}

// The whole memory of the device "cuda:1", as the run's Python told it.
std::optional<int64_t> memory_of_device(const std::string& environment, const std::string& device) {
  boost::system::error_code error;
  const boost::json::value told = boost::json::parse(environment, error);
  const size_t colon = device.find(':');
  size_t index = 0;
  if (colon != std::string::npos)
    std::from_chars(device.data() + colon + 1, device.data() + device.size(), index);
  if (error) return std::nullopt;
  const boost::json::value* memory =
      told.find_pointer(fmt::format("/devices/{}/{}/memory_bytes", device.substr(0, colon), index), error);
  return memory && memory->is_int64() ? std::optional(memory->get_int64()) : std::nullopt;
}

// Reads rows; those with one profile share it, and what was traced of it.
class RanReader {
 public:
  Ran read(const Result& row) {
    Ran ran;
    ran.profile = profile_of(row);
    ran.key = {ran.profile->name, std::string(row.text(7)), std::string(row.text(9)),
               std::string(row.text(12))};
    ran.version_id = row.integer(8);
    ran.device = row.text(10).empty() ? device_of(ran.key.hardware_type) : std::string(row.text(10));
    ran.batch_size = row.integer(11);
    ran.is_oom = row.boolean(13);
    ran.is_host_oom = row.boolean(14);
    ran.process_bytes = bytes_at(row, 15);
    ran.most_bytes = bytes_at(row, 16);
    ran.device_bytes = bytes_at(row, 17);
    const double seconds = row.is_null(18) ? 0 : row.real(18);
    if (seconds > least_seconds && seconds < most_seconds) ran.pass_s = seconds;
    ran.libraries = {std::string(row.text(19)), std::string(row.text(20))};
    if (!row.is_null(21)) ran.environment = row.text(21);
    return ran;
  }

 private:
  std::shared_ptr<const Profile> profile_of(const Result& row) {
    std::string key(row.text(0));
    for (const size_t column : {size_t{1}, size_t{5}, size_t{6}}) (key += '\n') += row.text(column);
    std::shared_ptr<const Profile>& known = profiles_[key];
    if (!known) known = std::make_shared<Profile>(read_profile(row));
    return known;
  }

  std::map<std::string, std::shared_ptr<const Profile>> profiles_;
};

class Observer {
 public:
  explicit Observer(Connection& connection)
      : connection_(connection), knowledge_(read_knowledge(connection, {})) {}

  void observe(const Ran& ran) {
    const Template* compiled = template_of(ran.version_id);
    if (!compiled) return;
    const NamedWork work =
        work_of({ran.key.hardware_type, ran.device, ran.batch_size, ran.libraries, &compiled->workload(),
                 &compiled->parameters(), axes_of_json(ran.key.axes)});
    const Prediction raw = predict(knowledge_, *ran.profile, {&work.cell, ran.key.hardware_type, {}, {}, {}});
    std::map<int64_t, MeasuredCell>& by_batch = cells_[ran.key];
    if (!ran.is_oom) {  // what passes had memory enough, and so had what is smaller
      for (auto& [batch_size, cell] : by_batch) {
        if (batch_size <= ran.batch_size) cell.least_memory_bytes.reset();
      }
    }
    MeasuredCell& cell = by_batch[ran.batch_size];
    if (is_host(work.cell.work.hardware_type)) {
      note_memory(ran, raw, ran.process_bytes, cell);
      if (!ran.is_oom) raise(cell.memory_bytes, ran.most_bytes);
    } else {
      if (!ran.is_host_oom) note_memory(ran, raw, needed_on_device(ran, raw), cell);
      if (!ran.is_oom) note_host(ran, raw, cell);
    }
    if (ran.pass_s && !ran.is_oom) {
      times_[{ran.key, ran.batch_size}].push_back(*ran.pass_s);
      if (raw.time_s > 0) add(time_, ran, raw, raw.time_s, *ran.pass_s);
    }
  }

  // Of each device and architecture the latest count: they are enough, and fitting takes its time.
  static std::vector<KeyedObservation> latest_of(const std::vector<KeyedObservation>& all) {
    std::map<CorrectionKey, int> counted;
    std::vector<KeyedObservation> latest;
    for (auto at = all.rbegin(); at != all.rend(); ++at) {
      if (++counted[at->key] <= most_fitted) latest.push_back(*at);
    }
    return latest;
  }

  Calibrated finish() {
    for (auto& [key, seconds] : times_) {
      std::ranges::nth_element(seconds, seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2));
      cells_[key.first][key.second].time_s = seconds[seconds.size() / 2];
    }
    return {{fit_corrections(latest_of(memory_), CorrectionKind::memory),
             fit_corrections(latest_of(host_memory_), CorrectionKind::memory),
             fit_corrections(latest_of(time_), CorrectionKind::time)},
            std::move(cells_)};
  }

 private:
  // Null for a version that does not pass its check any more.
  const Template* template_of(int64_t version_id) {
    auto known = templates_.find(version_id);
    if (known == templates_.end()) {
      std::unique_ptr<Template> compiled;
      try {
        compiled = std::make_unique<Template>(compile_version(connection_, version_id));
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::template_text) throw;
      }
      known = templates_.emplace(version_id, std::move(compiled)).first;
    }
    return known->second.get();
  }

  void note_host(const Ran& ran, const Prediction& raw, MeasuredCell& cell) {
    raise(cell.host_memory_bytes, ran.most_bytes);
    if (ran.process_bytes) add(host_memory_, ran, raw, raw.host_memory_bytes, *ran.process_bytes);
  }

  static void raise(std::optional<int64_t>& most, const std::optional<int64_t>& bytes) {
    if (bytes) most = std::max(most.value_or(0), *bytes);
  }

  // What the test's own tensors took, with the context and what the allocator holds beside them. Where a
  // device ran out, that is all it has.
  static std::optional<int64_t> needed_on_device(const Ran& ran, const Prediction& raw) {
    if (ran.is_oom) return memory_of_device(ran.environment, ran.device);
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
    if (raw.raw.model_type.empty()) return;  // a prior
    observations.push_back({{ran.key.hardware_type, raw.raw.model_type},
                            {static_cast<double>(estimated), static_cast<double>(measured), ran.is_oom}});
  }

  Connection& connection_;
  Knowledge knowledge_;
  std::map<int64_t, std::unique_ptr<Template>> templates_;
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
    RanReader reader;
    while (rows.next()) all.push_back(reader.read(rows));
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
