// The rows of a statement, held by DuckDB in its own form and read one after the other. next() moves to the
// first or next row; the getters read the current one. Text stays valid until the next call of next().
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace testloom {

// A value of any type as far as callers outside C++ need it: lists hold Data of their own.
struct Datum {
  struct Uuid {
    std::string text;
  };
  struct Timestamp {
    int64_t microseconds;  // since 1970, UTC
  };
  std::variant<std::monostate, bool, int64_t, double, std::string, Uuid, Timestamp, std::vector<Datum>> value;
};

class Result {
 public:
  explicit Result(duckdb_result result);  // takes it over
  Result(Result&& other) noexcept;
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  ~Result();

  bool next();

  size_t column_count() const { return types_.size(); }
  std::string column_name(size_t column) const;
  // DuckDB's word for a column's type, such as VARCHAR.
  std::string column_type(size_t column) const;

  bool is_null(size_t column) const;
  // Integers of any width and sign up to int64.
  int64_t integer(size_t column) const;
  double real(size_t column) const;
  bool boolean(size_t column) const;
  std::string_view text(size_t column) const;
  std::optional<std::string> optional_text(size_t column) const;
  std::vector<std::string> texts(size_t column) const;  // a VARCHAR[]
  Datum datum(size_t column) const;

 private:
  duckdb_vector vector(size_t column) const;

  duckdb_result result_{};
  duckdb_data_chunk chunk_ = nullptr;
  uint64_t row_ = 0;
  uint64_t rows_ = 0;
  std::vector<duckdb_type> types_;
};

}  // namespace testloom
