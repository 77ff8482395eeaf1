#include "store/result.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "testloom/error.h"

namespace testloom {

Result::Result(duckdb_result result) : result_(result) {
  const idx_t columns = duckdb_column_count(&result_);
  for (idx_t column = 0; column < columns; ++column) types_.push_back(duckdb_column_type(&result_, column));
}

Result::Result(Result&& other) noexcept
    : result_(std::exchange(other.result_, {})),
      chunk_(std::exchange(other.chunk_, nullptr)),
      row_(other.row_),
      rows_(std::exchange(other.rows_, 0)),
      types_(std::move(other.types_)) {}

Result::~Result() {
  if (chunk_) duckdb_destroy_data_chunk(&chunk_);
  duckdb_destroy_result(&result_);
}

bool Result::next() {
  if (chunk_ && ++row_ < rows_) return true;
  if (chunk_) duckdb_destroy_data_chunk(&chunk_);
  chunk_ = duckdb_fetch_chunk(result_);
  if (!chunk_) {
    if (const char* error = duckdb_result_error(&result_)) throw Error(ErrorKind::store, error);
    return false;
  }
  row_ = 0;
  rows_ = duckdb_data_chunk_get_size(chunk_);
  return rows_ > 0;
}

std::string Result::column_name(size_t column) const {
  return duckdb_column_name(const_cast<duckdb_result*>(&result_), column);
}

namespace {

bool valid_at(duckdb_vector vector, uint64_t row) {
  uint64_t* validity = duckdb_vector_get_validity(vector);
  return !validity || duckdb_validity_row_is_valid(validity, row);
}

template <typename T>
T at(duckdb_vector vector, uint64_t row) {
  return static_cast<const T*>(duckdb_vector_get_data(vector))[row];
}

std::string_view text_at(duckdb_vector vector, uint64_t row) {
  auto* strings = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  return {duckdb_string_t_data(&strings[row]), duckdb_string_t_length(strings[row])};
}

// A 128-bit integer where 64 bits hold it.
int64_t fitting(int64_t upper, uint64_t lower) {
  const auto value = static_cast<int64_t>(lower);
  if (upper == (value < 0 ? -1 : 0)) return value;
  throw Error(ErrorKind::store, "an integer of the result does not fit into 64 bits",
              "cast it in the statement, for instance CAST(column AS DOUBLE) or VARCHAR");
}

// A DECIMAL as the nearest double.
double decimal_at(duckdb_vector vector, uint64_t row) {
  duckdb_logical_type type = duckdb_vector_get_column_type(vector);
  const double scale = std::pow(10.0, duckdb_decimal_scale(type));
  const duckdb_type internal = duckdb_decimal_internal_type(type);
  duckdb_destroy_logical_type(&type);
  switch (internal) {
    case DUCKDB_TYPE_SMALLINT:
      return at<int16_t>(vector, row) / scale;
    case DUCKDB_TYPE_INTEGER:
      return at<int32_t>(vector, row) / scale;
    case DUCKDB_TYPE_BIGINT:
      return static_cast<double>(at<int64_t>(vector, row)) / scale;
    default:
      return duckdb_hugeint_to_double(at<duckdb_hugeint>(vector, row)) / scale;
  }
}

std::optional<int64_t> integer_at(duckdb_vector vector, duckdb_type type, uint64_t row) {
  switch (type) {
    case DUCKDB_TYPE_TINYINT:
      return at<int8_t>(vector, row);
    case DUCKDB_TYPE_SMALLINT:
      return at<int16_t>(vector, row);
    case DUCKDB_TYPE_INTEGER:
      return at<int32_t>(vector, row);
    case DUCKDB_TYPE_BIGINT:
      return at<int64_t>(vector, row);
    case DUCKDB_TYPE_UTINYINT:
      return at<uint8_t>(vector, row);
    case DUCKDB_TYPE_USMALLINT:
      return at<uint16_t>(vector, row);
    case DUCKDB_TYPE_UINTEGER:
      return at<uint32_t>(vector, row);
    case DUCKDB_TYPE_UBIGINT:
      return fitting(0, at<uint64_t>(vector, row));
    case DUCKDB_TYPE_HUGEINT:
      return fitting(at<duckdb_hugeint>(vector, row).upper, at<duckdb_hugeint>(vector, row).lower);
    default:
      return std::nullopt;
  }
}

// DuckDB keeps a UUID as a 128-bit number with its top bit flipped.
std::string uuid_text(duckdb_hugeint value) {
  const uint64_t upper = static_cast<uint64_t>(value.upper) ^ (uint64_t{1} << 63);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", upper >> 32, (upper >> 16) & 0xFFFF,
                     upper & 0xFFFF, value.lower >> 48, value.lower & 0xFFFFFFFFFFFFULL);
}

std::string enum_text(duckdb_vector vector, uint64_t row) {
  duckdb_logical_type type = duckdb_vector_get_column_type(vector);
  uint64_t index = 0;
  switch (duckdb_enum_internal_type(type)) {
    case DUCKDB_TYPE_UTINYINT:
      index = at<uint8_t>(vector, row);
      break;
    case DUCKDB_TYPE_USMALLINT:
      index = at<uint16_t>(vector, row);
      break;
    default:
      index = at<uint32_t>(vector, row);
  }
  char* word = duckdb_enum_dictionary_value(type, index);
  std::string text = word;
  duckdb_free(word);
  duckdb_destroy_logical_type(&type);
  return text;
}

Datum datum_at(duckdb_vector vector, uint64_t row);

Datum list_at(duckdb_vector vector, uint64_t row) {
  const auto entry = at<duckdb_list_entry>(vector, row);
  duckdb_vector child = duckdb_list_vector_get_child(vector);
  std::vector<Datum> items;
  items.reserve(entry.length);
  for (uint64_t i = 0; i < entry.length; ++i) items.push_back(datum_at(child, entry.offset + i));
  return {std::move(items)};
}

duckdb_type type_of(duckdb_vector vector) {
  duckdb_logical_type type = duckdb_vector_get_column_type(vector);
  const duckdb_type id = duckdb_get_type_id(type);
  duckdb_destroy_logical_type(&type);
  return id;
}

Datum datum_at(duckdb_vector vector, uint64_t row) {
  if (!valid_at(vector, row)) return {};
  const duckdb_type type = type_of(vector);
  if (const auto integer = integer_at(vector, type, row)) return {*integer};
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
      return {at<bool>(vector, row)};
    case DUCKDB_TYPE_FLOAT:
      return {static_cast<double>(at<float>(vector, row))};
    case DUCKDB_TYPE_DOUBLE:
      return {at<double>(vector, row)};
    case DUCKDB_TYPE_DECIMAL:
      return {decimal_at(vector, row)};
    case DUCKDB_TYPE_VARCHAR:
      return {std::string(text_at(vector, row))};
    case DUCKDB_TYPE_ENUM:
      return {enum_text(vector, row)};
    case DUCKDB_TYPE_UUID:
      return {Datum::Uuid{uuid_text(at<duckdb_hugeint>(vector, row))}};
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return {Datum::Timestamp{at<int64_t>(vector, row)}};
    case DUCKDB_TYPE_LIST:
      return list_at(vector, row);
    default:
      throw Error(ErrorKind::store, "a column has a type that is not handed out as it is",
                  "cast it in the statement, for instance CAST(column AS VARCHAR)");
  }
}

}  // namespace

std::string Result::column_type(size_t column) const {
  duckdb_logical_type type = duckdb_column_logical_type(const_cast<duckdb_result*>(&result_), column);
  const char* alias = duckdb_logical_type_get_alias(type);
  duckdb_destroy_logical_type(&type);
  if (alias) return alias;
  switch (types_[column]) {
    case DUCKDB_TYPE_BOOLEAN:
      return "BOOLEAN";
    case DUCKDB_TYPE_TINYINT:
      return "TINYINT";
    case DUCKDB_TYPE_SMALLINT:
      return "SMALLINT";
    case DUCKDB_TYPE_INTEGER:
      return "INTEGER";
    case DUCKDB_TYPE_BIGINT:
      return "BIGINT";
    case DUCKDB_TYPE_HUGEINT:
      return "HUGEINT";
    case DUCKDB_TYPE_FLOAT:
      return "FLOAT";
    case DUCKDB_TYPE_DOUBLE:
      return "DOUBLE";
    case DUCKDB_TYPE_VARCHAR:
      return "VARCHAR";
    case DUCKDB_TYPE_UUID:
      return "UUID";
    case DUCKDB_TYPE_TIMESTAMP:
      return "TIMESTAMP";
    case DUCKDB_TYPE_LIST:
      return "LIST";
    case DUCKDB_TYPE_ENUM:
      return "ENUM";
    default:
      return "OTHER";
  }
}

duckdb_vector Result::vector(size_t column) const { return duckdb_data_chunk_get_vector(chunk_, column); }

bool Result::is_null(size_t column) const { return !valid_at(vector(column), row_); }

int64_t Result::integer(size_t column) const {
  const auto number = integer_at(vector(column), types_[column], row_);
  if (!number) throw Error(ErrorKind::store, "column " + column_name(column) + " is not an integer");
  return *number;
}

double Result::real(size_t column) const {
  if (types_[column] == DUCKDB_TYPE_DOUBLE) return at<double>(vector(column), row_);
  if (types_[column] == DUCKDB_TYPE_FLOAT) return static_cast<double>(at<float>(vector(column), row_));
  return static_cast<double>(integer(column));
}

bool Result::boolean(size_t column) const { return at<bool>(vector(column), row_); }

std::string_view Result::text(size_t column) const {
  if (types_[column] != DUCKDB_TYPE_VARCHAR) {
    throw Error(ErrorKind::store, "column " + column_name(column) + " is not text");
  }
  return text_at(vector(column), row_);
}

std::optional<std::string> Result::optional_text(size_t column) const {
  if (is_null(column)) return std::nullopt;
  return std::string(text(column));
}

std::vector<std::string> Result::texts(size_t column) const {
  std::vector<std::string> items;
  if (is_null(column)) return items;
  const auto entry = at<duckdb_list_entry>(vector(column), row_);
  duckdb_vector child = duckdb_list_vector_get_child(vector(column));
  for (uint64_t i = 0; i < entry.length; ++i) items.emplace_back(text_at(child, entry.offset + i));
  return items;
}

Datum Result::datum(size_t column) const { return datum_at(vector(column), row_); }

}  // namespace testloom
