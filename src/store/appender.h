// Fills a table row by row, many times faster than statements. Rows are there once flush() was called; what
// goes wrong is an Error of kind store.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "store/database.h"

namespace testloom {

class Appender {
 public:
  // `catalog`: "temp" for a temporary table, else empty.
  Appender(Connection& connection, const char* catalog, const char* table);
  ~Appender();
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  Appender& add(int64_t value);
  Appender& add(std::string_view text);
  Appender& add_boolean(bool value);
  Appender& add_real(double value);
  Appender& add_null();
  void end_row();
  void flush();

 private:
  void check(duckdb_state state);

  duckdb_appender appender_ = nullptr;
};

}  // namespace testloom
