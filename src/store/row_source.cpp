#include "store/row_source.h"

#include <memory>
#include <thread>

#include <fmt/format.h>

namespace testloom {

namespace {

struct Source {
  std::vector<SourceColumn> columns;
  OpenRows open;
  bool is_parallel;
};

duckdb_type duckdb_type_of(ColumnType type) {
  switch (type) {
    case ColumnType::text:
      return DUCKDB_TYPE_VARCHAR;
    case ColumnType::integer:
      return DUCKDB_TYPE_BIGINT;
    case ColumnType::real:
      return DUCKDB_TYPE_DOUBLE;
    case ColumnType::boolean:
      return DUCKDB_TYPE_BOOLEAN;
  }
  return DUCKDB_TYPE_INVALID;
}

void bind(duckdb_bind_info info) {
  for (const SourceColumn& column : static_cast<Source*>(duckdb_bind_get_extra_info(info))->columns) {
    duckdb_logical_type type = duckdb_create_logical_type(duckdb_type_of(column.type));
    duckdb_bind_add_result_column(info, column.name, type);
    duckdb_destroy_logical_type(&type);
  }
}

void init(duckdb_init_info info) {
  const bool is_parallel = static_cast<Source*>(duckdb_init_get_extra_info(info))->is_parallel;
  duckdb_init_set_max_threads(info, is_parallel ? std::thread::hardware_concurrency() : 1);
}

// No exception may pass through DuckDB.
void init_thread(duckdb_init_info info) {
  try {
    const auto* source = static_cast<Source*>(duckdb_init_get_extra_info(info));
    duckdb_init_set_init_data(info, new FillRows(source->open()),
                              [](void* fill) { delete static_cast<FillRows*>(fill); });
  } catch (const std::exception& error) {
    duckdb_init_set_error(info, error.what());
  }
}

void fill(duckdb_function_info info, duckdb_data_chunk output) {
  try {
    SourceRows rows(output);
    (*static_cast<FillRows*>(duckdb_function_get_local_init_data(info)))(rows);
  } catch (const std::exception& error) {
    duckdb_function_set_error(info, error.what());
  }
}

void destroy(void* source) { delete static_cast<Source*>(source); }

}  // namespace

SourceRows::SourceRows(duckdb_data_chunk chunk) : chunk_(chunk) { duckdb_data_chunk_set_size(chunk_, 0); }

size_t SourceRows::capacity() { return duckdb_vector_size(); }

template <typename T>
SourceRows& SourceRows::store(T value) {
  static_cast<T*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk_, column_++)))[row_] = value;
  return *this;
}

SourceRows& SourceRows::add(std::string_view text) {
  duckdb_vector_assign_string_element_len(duckdb_data_chunk_get_vector(chunk_, column_++), row_, text.data(),
                                          text.size());
  return *this;
}
SourceRows& SourceRows::add(int64_t value) { return store(value); }
SourceRows& SourceRows::add(double value) { return store(value); }
SourceRows& SourceRows::add_boolean(bool value) { return store(value); }

SourceRows& SourceRows::add_null() {
  duckdb_vector vector = duckdb_data_chunk_get_vector(chunk_, column_++);
  duckdb_vector_ensure_validity_writable(vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row_);
  return *this;
}

void SourceRows::end_row() {
  column_ = 0;
  duckdb_data_chunk_set_size(chunk_, ++row_);
}

namespace {

void register_source(Connection& connection, const std::string& name, Source source) {
  duckdb_table_function function = duckdb_create_table_function();
  duckdb_table_function_set_name(function, name.c_str());
  duckdb_table_function_set_extra_info(function, new Source(std::move(source)), destroy);
  duckdb_table_function_set_bind(function, bind);
  duckdb_table_function_set_init(function, init);
  duckdb_table_function_set_local_init(function, init_thread);
  duckdb_table_function_set_function(function, fill);
  const duckdb_state state = duckdb_register_table_function(connection.handle(), function);
  duckdb_destroy_table_function(&function);
  if (state != DuckDBSuccess)
    throw Error(ErrorKind::store, fmt::format("the table function {} cannot be made", name));
}

}  // namespace

void register_row_source(Connection& connection, const std::string& name,
                         const std::vector<SourceColumn>& columns, FillRows fill_rows) {
  const auto shared = std::make_shared<FillRows>(std::move(fill_rows));
  const auto open = [shared]() -> FillRows { return [shared](SourceRows& rows) { (*shared)(rows); }; };
  register_source(connection, name, {columns, open, false});
}

void register_parallel_row_source(Connection& connection, const std::string& name,
                                  const std::vector<SourceColumn>& columns, OpenRows open) {
  register_source(connection, name, {columns, std::move(open), true});
}

}  // namespace testloom
