// C++ functions of texts, to be called in SQL: what their vectors look like, and how they are made known.
#pragma once

#include <duckdb.h>

#include <exception>
#include <string_view>

#include "store/database.h"

namespace testloom {

// One column of texts in a chunk.
class TextColumn {
 public:
  TextColumn(duckdb_data_chunk chunk, idx_t column)
      : strings_(static_cast<duckdb_string_t*>(
            duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, column)))) {}
  std::string_view operator[](idx_t row) const {
    return {duckdb_string_t_data(&strings_[row]), duckdb_string_t_length(strings_[row])};
  }

 private:
  duckdb_string_t* strings_;
};

inline void assign_text(duckdb_vector vector, idx_t row, std::string_view text) {
  duckdb_vector_assign_string_element_len(vector, row, text.data(), text.size());
}

// Calls `use` with each row of a chunk. No exception may pass through DuckDB: it becomes the statement's
// error.
template <typename Use>
void for_each_row(duckdb_function_info info, duckdb_data_chunk input, Use use) {
  try {
    const idx_t size = duckdb_data_chunk_get_size(input);
    for (idx_t row = 0; row < size; ++row) use(row);
  } catch (const std::exception& error) {
    duckdb_scalar_function_set_error(info, error.what());
  }
}

// A function of so many texts, none of which is NULL where it is called. That it is known already is fine.
void register_text_function(Connection& connection, const char* name, int texts, duckdb_logical_type answer,
                            duckdb_scalar_function_t act);

}  // namespace testloom
