#include "plan/estimates/profile_names.h"

#include <set>
#include <string>

#include <fmt/format.h>

#include "base/text_memo.h"
#include "model/estimate/memory.h"
#include "model/estimate/named_config.h"
#include "model/files/json_text.h"
#include "plan/test_id.h"
#include "store/appender.h"
#include "store/scalar_function.h"

namespace testloom {

namespace {

// What a name says, as a text. The key is good for telling names apart within one plan, which is all that it
// is for.
std::string name_text(std::string_view name, std::string_view family, std::string_view task) {
  const uint64_t key = named_key(name, family, task);
  return key == 0 ? std::string() : fmt::format("name {:x}", key);
}

void name_profile_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const TextColumn names(input, 0), families(input, 1), tasks(input, 2);
  for_each_row(info, input, [&](idx_t row) {
    assign_text(output, row, name_text(names[row], families[row], tasks[row]));
  });
}

bool can_estimate(std::string_view config) {
  try {
    trace_call(ModelConfig::read(parse_json_object(config, "a config"), "a config"), Workload{});
    return true;
  } catch (const Error&) {
    return false;
  }
}

// A config that nothing can be estimated by leaves it to the name.
void config_profile_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const TextColumn names(input, 0), families(input, 1), tasks(input, 2), configs(input, 3), sizes(input, 4);
  thread_local TextMemo<bool> known;
  for_each_row(info, input, [&](idx_t row) {
    std::string all = fmt::format("{} {} {} {}", families[row], tasks[row], sizes[row], configs[row]);
    if (!known.of(configs[row], can_estimate)) all += name_text(names[row], families[row], tasks[row]);
    const Digest digest = md5_of(all);
    assign_text(output, row, "config " + std::string(digest.data(), 16));
  });
}

// Fills the table `measured_profiles` with those of single models; whether there is one.
bool write_measured_names(Connection& connection, const MeasuredCells& measured) {
  std::set<std::string> names;
  for (const auto& [key, cells] : measured) {
    if (key.profile.starts_with("model ")) names.insert(key.profile);
  }
  if (names.empty()) return false;
  connection.execute("CREATE OR REPLACE TEMP TABLE measured_profiles (profile VARCHAR)");
  Appender rows(connection, "temp", "measured_profiles");
  for (const std::string& name : names) rows.add(name).end_row();
  rows.flush();
  return true;
}

}  // namespace

void register_profile_functions(Connection& connection) {
  duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
  register_text_function(connection, "name_profile", 3, text, name_profile_chunk);
  register_text_function(connection, "config_profile", 5, text, config_profile_chunk);
  duckdb_destroy_logical_type(&text);
}

std::string profile_sql(Connection& connection, const MeasuredCells& measured_cells) {
  constexpr const char* measured =
      "WHEN 'model ' || model_name IN (SELECT profile FROM measured_profiles) THEN 'model ' || model_name ";
  return fmt::format(
      "CASE {}WHEN known_config IS NOT NULL THEN config_profile(model_name, model_family, decided_task, "
      "known_config::VARCHAR, concat_ws(' ', coalesce(parameter_count, -1), coalesce(weight_bytes, -1))) "
      "WHEN parameter_count > 0 OR weight_bytes > 0 THEN concat_ws(' ', 'weights', coalesce(parameter_count, "
      "0), "
      "coalesce(weight_bytes, 0), model_family, decided_task, name_profile(model_name, model_family, "
      "decided_task)) "
      "ELSE name_profile(model_name, model_family, decided_task) END",
      write_measured_names(connection, measured_cells) ? measured : "");
}

}  // namespace testloom
