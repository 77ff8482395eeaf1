#include "store/scalar_function.h"

namespace testloom {

void register_text_function(Connection& connection, const char* name, int texts, duckdb_logical_type answer,
                            duckdb_scalar_function_t act) {
  duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
  duckdb_scalar_function function = duckdb_create_scalar_function();
  duckdb_scalar_function_set_name(function, name);
  for (int i = 0; i < texts; ++i) duckdb_scalar_function_add_parameter(function, text);
  duckdb_scalar_function_set_return_type(function, answer);
  duckdb_scalar_function_set_function(function, act);
  duckdb_register_scalar_function(connection.handle(), function);
  duckdb_destroy_scalar_function(&function);
  duckdb_destroy_logical_type(&text);
}

}  // namespace testloom
