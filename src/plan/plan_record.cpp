#include "plan/plan_record.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/json_values.h"
#include "model/files/hub_cache.h"
#include "plan/test_id.h"

namespace testloom {

namespace {

// Raised when the same input gives other tests.
constexpr int kPlannerRevision = 5;

void write_axis(JsonWriter& json, const Axis& axis) {
  json.key(axis.name).begin_array();
  for (const Value& value : axis.values) json.raw(json_of(value));
  json.end_array();
}

void write_axes(JsonWriter& json, const PlanSpec& spec) {
  json.key("axes").begin_object();
  for (const Axis& axis : spec.axes) write_axis(json, axis);
  json.end_object().key("zip").begin_array();
  for (const std::vector<Axis>& zip : spec.zips) {
    json.begin_object();
    for (const Axis& axis : zip) write_axis(json, axis);
    json.end_object();
  }
  json.end_array();
}

void write_cells(JsonWriter& json, const PlanSpec& spec) {
  json.key("exclude").begin_array();
  for (const Exclusion& exclusion : spec.exclusions)
    json.begin_object().member("where", exclusion.where).member("reason", exclusion.reason).end_object();
  json.end_array().key("include").begin_array();
  for (const Inclusion& inclusion : spec.inclusions) {
    json.begin_object();
    for (const auto& [name, value] : inclusion.cell) json.key(name).raw(json_of(value));
    json.end_object();
  }
  json.end_array().key("memory_gb").begin_object();
  for (const auto& [hardware_type, gigabytes] : spec.memory_limits_gb) json.member(hardware_type, gigabytes);
  json.end_object().member("max_tests", spec.max_tests);
  if (!spec.sample) return;
  json.key("sample")
      .begin_object()
      .member("pairwise", spec.sample->pairwise)
      .member("tests", spec.sample->tests);
  json.member("seed", spec.sample->seed).end_object();
}

// What was asked for, as JSON: for people, and whole, so that it tells two specs apart.
std::string spec_json(const PlanSpec& spec) {
  JsonWriter json;
  json.begin_object().member("name", spec.name).key("models").begin_array();
  for (const ModelSource& source : spec.models) {
    if (source.list)
      json.begin_object().member("list", source.list->filename().native()).end_object();
    else
      json.value(source.pattern);
  }
  json.end_array();
  if (spec.templates) {
    json.key("templates").begin_array();
    for (const std::string& name : *spec.templates) json.value(name);
    json.end_array();
  }
  json.key("hardware_types").begin_array();
  for (const std::string& hardware_type : spec.hardware_types) json.value(hardware_type);
  json.end_array().key("batch_sizes").begin_array();
  std::vector<int64_t> batch_sizes = spec.batch_sizes;
  std::sort(batch_sizes.begin(), batch_sizes.end());
  for (const int64_t batch_size : batch_sizes) json.value(batch_size);
  json.end_array();
  write_axes(json, spec);
  write_cells(json, spec);
  json.key("devices").begin_object();
  for (const HardwareSection& section : spec.hardware) json.member(section.name, section.device);
  json.end_object();
  if (!spec.libraries.torch.empty()) json.member("torch", spec.libraries.torch);
  if (!spec.libraries.transformers.empty()) json.member("transformers", spec.libraries.transformers);
  return json.end_object().take();
}

// The summary without its diff.
std::string summary_json(const PlanSummary& summary) {
  JsonWriter json;
  json.begin_object().member("longest_chain", summary.longest_chain);
  json.member("sampled_from", summary.sampled_from);
  json.member("largest_memory_gb", summary.largest_memory_gb).key("counts").begin_array();
  for (const PlanCount& count : summary.counts) {
    json.begin_object()
        .member("model_family", count.model_family)
        .member("hardware_type", count.hardware_type);
    json.member("tests", count.tests).member("largest_memory_gb", count.largest_memory_gb).end_object();
  }
  json.end_array().key("unknown_models").begin_array();
  for (const std::string& name : summary.unknown_models) json.value(name);
  return json.end_array().end_object().take();
}

std::string skipped_json(const std::vector<Skipped>& skipped) {
  JsonWriter json;
  json.begin_array();
  for (const Skipped& skip : skipped) {
    json.begin_object()
        .member("reason", skip.reason)
        .member("cells", skip.cells)
        .member("models", skip.models);
    json.member("example", skip.example).end_object();
  }
  return json.end_array().take();
}

std::string content_hash(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string block(size_t{1} << 20, '\0'), hashes;
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    const Digest digest = md5_of(std::string_view(block).substr(0, static_cast<size_t>(file.gcount())));
    hashes.append(digest.data(), digest.size());
  }
  return hashes;
}

// Members of an object by name, with types that are known.
class Members {
 public:
  explicit Members(const Value& value) : dict_(std::get<Value::Dict>(value.data)) {}
  template <typename T>
  const T& get(std::string_view name) const {
    for (const auto& [key, value] : dict_) {
      if (key == name) return std::get<T>(value.data);
    }
    throw Error(ErrorKind::store, fmt::format("a plan's record has no '{}'", name),
                "plan again under another name");
  }
  double real(std::string_view name) const {
    for (const auto& [key, value] : dict_) {
      if (key != name) continue;
      const auto* integer = std::get_if<int64_t>(&value.data);
      return integer ? static_cast<double>(*integer) : std::get<double>(value.data);
    }
    return 0;
  }

 private:
  const Value::Dict& dict_;
};

}  // namespace

void read_summary(PlanSummary& summary, std::string_view json, std::string_view skipped) {
  const Value value = value_of_json(json);
  const Members members(value);
  summary.longest_chain = members.get<int64_t>("longest_chain");
  summary.sampled_from = members.get<int64_t>("sampled_from");
  summary.largest_memory_gb = members.real("largest_memory_gb");
  for (const Value& each : members.get<Value::List>("counts")) {
    const Members count(each);
    summary.counts.push_back({count.get<std::string>("model_family"), count.get<std::string>("hardware_type"),
                              count.get<int64_t>("tests"), count.real("largest_memory_gb")});
  }
  for (const Value& name : members.get<Value::List>("unknown_models"))
    summary.unknown_models.push_back(std::get<std::string>(name.data));
  const Value list = value_of_json(skipped);
  for (const Value& each : std::get<Value::List>(list.data)) {
    const Members skip(each);
    summary.skipped.push_back({skip.get<std::string>("reason"), skip.get<int64_t>("cells"),
                               skip.get<int64_t>("models"), skip.get<std::string>("example")});
  }
}

namespace {

// What stands outside of the store that a plan may come from: configs in models' folders, and which models
// the hub's cache has.
std::string files_of_models(Connection& connection) {
  std::string all;
  Result rows = connection.query("SELECT location FROM models WHERE location ^@ '/' ORDER BY ALL");
  while (rows.next()) {
    const std::filesystem::path file = std::filesystem::path(rows.text(0)) / "config.json";
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    if (error) continue;
    const auto time = std::filesystem::last_write_time(file, error).time_since_epoch().count();
    all += fmt::format("{} {} {}\n", file.native(), size, time);
  }
  for (const std::string& name : HubCache().names()) all += name + '\n';
  const Digest digest = md5_of(all);
  return {digest.data(), digest.size()};
}

}  // namespace

std::string fingerprint_of(Connection& connection, const PlanSpec& spec,
                           const CalibrationState& calibration) {
  std::string all = fmt::format("{} {}", kPlannerRevision, spec_json(spec));
  for (const ModelSource& source : spec.models) {
    if (source.list) all += content_hash(*source.list);
  }
  Result rows = connection.query(
      "SELECT concat_ws(' ', (SELECT sum(hash(t)::HUGEINT) FROM templates t), (SELECT sum(hash(m)::HUGEINT) "
      "FROM "
      "model_mapping m), (SELECT sum(hash(k)::HUGEINT) FROM models k), "
      "(SELECT sum(hash(d)::HUGEINT) FROM device_figures d))");
  rows.next();
  all += fmt::format("{} {} {} {}", rows.text(0), calibration.outcomes, calibration.latest,
                     files_of_models(connection));
  const Digest digest = md5_of(all);
  return {digest.data(), digest.size()};
}

std::optional<PlanSummary> read_equal(Connection& connection, int64_t plan_id,
                                      const std::string& fingerprint) {
  Result rows = connection.query(
      "SELECT tests, summary::VARCHAR, skipped::VARCHAR FROM plans WHERE plan_id = ? AND fingerprint = ? AND "
      "summary IS "
      "NOT NULL",
      {plan_id, fingerprint});
  if (!rows.next()) return std::nullopt;
  PlanSummary summary;
  summary.plan_id = plan_id;
  summary.tests = rows.integer(0);
  read_summary(summary, rows.text(1), rows.text(2));
  summary.time = predict_time(connection, plan_id);
  summary.diff.previous_plan_id = plan_id;
  return summary;
}

void write_plan(Connection& connection, const PlanSpec& spec, const PlanSummary& summary,
                const std::string& fingerprint) {
  connection.query("INSERT INTO plans VALUES (?, ?, now()::TIMESTAMP, ?, ?, ?, ?, ?)",
                   {summary.plan_id, spec.name, spec_json(spec), summary.tests, skipped_json(summary.skipped),
                    fingerprint, summary_json(summary)});
}

void note_equal(Connection& connection, int64_t plan_id, const std::string& fingerprint) {
  connection.query("UPDATE plans SET fingerprint = ? WHERE plan_id = ?", {fingerprint, plan_id});
}

}  // namespace testloom
