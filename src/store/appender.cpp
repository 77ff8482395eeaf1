#include "store/appender.h"

#include <fmt/format.h>

namespace testloom {

Appender::Appender(Connection& connection, const char* catalog, const char* table) {
  check(duckdb_appender_create_ext(connection.handle(), *catalog ? catalog : nullptr, nullptr, table,
                                   &appender_));
}

Appender::~Appender() { duckdb_appender_destroy(&appender_); }

void Appender::check(duckdb_state state) {
  if (state == DuckDBSuccess) return;
  const char* reason = appender_ ? duckdb_appender_error(appender_) : nullptr;
  throw Error(ErrorKind::store, reason ? reason : "rows cannot be appended");
}

Appender& Appender::add(int64_t value) { return check(duckdb_append_int64(appender_, value)), *this; }
Appender& Appender::add(std::string_view text) {
  return check(duckdb_append_varchar_length(appender_, text.data(), text.size())), *this;
}
Appender& Appender::add_boolean(bool value) { return check(duckdb_append_bool(appender_, value)), *this; }
Appender& Appender::add_real(double value) { return check(duckdb_append_double(appender_, value)), *this; }
Appender& Appender::add_null() { return check(duckdb_append_null(appender_)), *this; }
void Appender::end_row() { check(duckdb_appender_end_row(appender_)); }
void Appender::flush() { check(duckdb_appender_flush(appender_)); }

}  // namespace testloom
