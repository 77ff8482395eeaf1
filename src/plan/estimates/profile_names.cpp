#include "plan/estimates/profile_names.h"

#include <fmt/format.h>

#include "model/estimate/named_config.h"
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

bool has_measured_names(Connection& connection) {
  return connection.query("SELECT 1 FROM measured_cells WHERE profile ^@ 'model ' LIMIT 1").next();
}

}  // namespace

void register_name_profile(Connection& connection) {
  duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
  register_text_function(connection, "name_profile", 3, text, name_profile_chunk);
  duckdb_destroy_logical_type(&text);
}

std::string profile_sql(Connection& connection) {
  constexpr const char* measured =
      "WHEN 'model ' || model_name IN (SELECT profile FROM measured_cells) THEN 'model ' || model_name ";
  return fmt::format(
      "CASE WHEN known_config IS NOT NULL THEN 'config ' || substr(md5(concat_ws(' ', model_family, "
      "decided_task, "
      "md5(known_config::VARCHAR), coalesce(parameter_count, -1), coalesce(weight_bytes, -1))), 1, 16) "
      "{}WHEN parameter_count > 0 THEN concat_ws(' ', 'weights', parameter_count, "
      "name_profile(model_name, model_family, decided_task)) "
      "ELSE name_profile(model_name, model_family, decided_task) END",
      has_measured_names(connection) ? measured : "");
}

}  // namespace testloom
