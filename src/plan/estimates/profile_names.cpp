#include "plan/estimates/profile_names.h"

#include <set>

#include <fmt/format.h>

#include "model/estimate/named_config.h"
#include "store/appender.h"
#include "store/scalar_function.h"

namespace testloom {

namespace {

// The key is good for telling names apart within one plan, which is all that it is for.
void name_profile_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const TextColumn names(input, 0), families(input, 1), tasks(input, 2);
  for_each_row(info, input, [&](idx_t row) {
    const uint64_t key = named_key(names[row], families[row], tasks[row]);
    char text[24];
    const char* end = key == 0 ? text : fmt::format_to_n(text, sizeof text, "name {:x}", key).out;
    assign_text(output, row, {text, static_cast<size_t>(end - text)});
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

void register_name_profile(Connection& connection) {
  duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
  register_text_function(connection, "name_profile", 3, text, name_profile_chunk);
  duckdb_destroy_logical_type(&text);
}

std::string profile_sql(Connection& connection, const MeasuredCells& measured_cells) {
  constexpr const char* measured =
      "WHEN 'model ' || model_name IN (SELECT profile FROM measured_profiles) THEN 'model ' || model_name ";
  return fmt::format(
      "CASE WHEN known_config IS NOT NULL THEN 'config ' || substr(md5(concat_ws(' ', model_family, "
      "decided_task, "
      "md5(known_config::VARCHAR), coalesce(parameter_count, -1), coalesce(weight_bytes, -1))), 1, 16) "
      "{}WHEN parameter_count > 0 THEN concat_ws(' ', 'weights', parameter_count, "
      "name_profile(model_name, model_family, decided_task)) "
      "ELSE name_profile(model_name, model_family, decided_task) END",
      write_measured_names(connection, measured_cells) ? measured : "");
}

}  // namespace testloom
