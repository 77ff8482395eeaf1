// A table function whose rows C++ makes, some at a time: so a stream of rows that is too long to be held goes
// through SQL, into a file for instance.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace testloom {

enum class ColumnType { text, integer, real, boolean };

struct SourceColumn {
  const char* name;
  ColumnType type;
};

// Some rows on their way into DuckDB. Each add() fills the current row's next column.
class SourceRows {
 public:
  explicit SourceRows(duckdb_data_chunk chunk);

  static size_t capacity();  // rows that one call may add
  SourceRows& add(std::string_view text);
  SourceRows& add(int64_t value);
  SourceRows& add(double value);
  SourceRows& add_boolean(bool value);
  SourceRows& add_null();
  void end_row();

 private:
  template <typename T>
  SourceRows& store(T value);

  duckdb_data_chunk chunk_;
  uint64_t row_ = 0;
  uint64_t column_ = 0;
};

// Adds at most SourceRows::capacity() rows; none: that was all. One thread at a time calls it. What it throws
// becomes the statement's error.
using FillRows = std::function<void(SourceRows&)>;

// Makes `name()` a table function of this database, as long as it is open. A second scan goes on where the
// first one ended. Throws an Error (store) where the name is taken.
void register_row_source(Connection& connection, const std::string& name,
                         const std::vector<SourceColumn>& columns, FillRows fill);

// The same with rows that several threads make at once, each by a FillRows of its own. Any thread may call
// `open`. In which order rows come is not said.
using OpenRows = std::function<FillRows()>;
void register_parallel_row_source(Connection& connection, const std::string& name,
                                  const std::vector<SourceColumn>& columns, OpenRows open);

}  // namespace testloom
