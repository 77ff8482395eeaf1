#include "store/database.h"

namespace testloom {

namespace {

[[noreturn]] void fail(const char* reason, const char* fallback) {
  const std::string text = reason ? reason : fallback;
  const auto has = [&](const char* part) { return text.find(part) != std::string::npos; };
  const char* hint = "";
  if (has("No space left on device")) {
    hint = "free some space and try again; the store is as before";
  } else if (has("Could not read") || has("INTERNAL Error") || has("FATAL Error") || has("orrupt")) {
    hint = "the store's file is damaged, or its disk fails: restore it from a copy";
  }
  throw Error(ErrorKind::store, text, hint);
}

// Makes a LIST of the items, each turned into a duckdb_value by `make`.
template <typename T, typename Make>
duckdb_value list_value(const std::vector<T>& items, duckdb_type item_type, Make make) {
  std::vector<duckdb_value> values;
  values.reserve(items.size() + 1);  // never null: DuckDB takes no null pointer, not even for an empty list
  for (const T& item : items) values.push_back(make(item));
  duckdb_logical_type type = duckdb_create_logical_type(item_type);
  duckdb_value list = duckdb_create_list_value(type, values.data(), values.size());
  duckdb_destroy_logical_type(&type);
  for (duckdb_value& value : values) duckdb_destroy_value(&value);
  return list;
}

duckdb_value list_value(const std::vector<std::string>& items) {
  return list_value(items, DUCKDB_TYPE_VARCHAR, [](const std::string& item) {
    return duckdb_create_varchar_length(item.data(), item.size());
  });
}

duckdb_value list_value(const std::vector<int64_t>& items) {
  return list_value(items, DUCKDB_TYPE_BIGINT, [](int64_t item) { return duckdb_create_int64(item); });
}

struct Binder {
  duckdb_prepared_statement statement;
  idx_t index;

  duckdb_state operator()(std::monostate) const { return duckdb_bind_null(statement, index); }
  duckdb_state operator()(bool value) const { return duckdb_bind_boolean(statement, index, value); }
  duckdb_state operator()(int64_t value) const { return duckdb_bind_int64(statement, index, value); }
  duckdb_state operator()(double value) const { return duckdb_bind_double(statement, index, value); }
  duckdb_state operator()(const std::string& value) const {
    return duckdb_bind_varchar_length(statement, index, value.data(), value.size());
  }
  template <typename T>
  duckdb_state operator()(const std::vector<T>& items) const {
    duckdb_value list = list_value(items);
    const duckdb_state state = duckdb_bind_value(statement, index, list);
    duckdb_destroy_value(&list);
    return state;
  }
};

// Owns a prepared statement for the length of one call.
struct Prepared {
  duckdb_prepared_statement statement = nullptr;
  ~Prepared() { duckdb_destroy_prepare(&statement); }
};

}  // namespace

Connection::Connection(duckdb_database database) {
  if (duckdb_connect(database, &connection_) != DuckDBSuccess) fail(nullptr, "cannot connect to the store");
}

Connection::Connection(const Database& database) : Connection(database.handle()) { undo_ = database.undo(); }

Connection::~Connection() { duckdb_disconnect(&connection_); }

Result Connection::query(std::string_view sql, std::span<const Parameter> parameters) {
  Prepared prepared;
  if (duckdb_prepare(connection_, std::string(sql).c_str(), &prepared.statement) != DuckDBSuccess) {
    fail(duckdb_prepare_error(prepared.statement), "the statement cannot be prepared");
  }
  const idx_t wanted = duckdb_nparams(prepared.statement);
  if (wanted != parameters.size()) {
    throw Error(ErrorKind::store, "the statement has " + std::to_string(wanted) +
                                      " parameters and was given " + std::to_string(parameters.size()));
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (std::visit(Binder{prepared.statement, i + 1}, parameters[i]) != DuckDBSuccess) {
      fail(duckdb_prepare_error(prepared.statement), "a parameter cannot be bound");
    }
  }
  if (undo_ && duckdb_prepared_statement_type(prepared.statement) != DUCKDB_STATEMENT_TYPE_SELECT)
    undo_->keep();
  duckdb_result result;
  if (duckdb_execute_prepared(prepared.statement, &result) != DuckDBSuccess) {
    const Result owner(result);
    fail(duckdb_result_error(&result), "the statement failed");
  }
  return Result(result);
}

void Connection::execute(const std::string& sql) {
  if (undo_) undo_->keep();
  set(sql);
}

void Connection::set(const std::string& sql) {
  duckdb_result result;
  const duckdb_state state = duckdb_query(connection_, sql.c_str(), &result);
  const Result owner(result);
  if (state != DuckDBSuccess) fail(duckdb_result_error(&result), "the statement failed");
}

Transaction::Transaction(Connection& connection) : connection_(connection) { connection_.set("BEGIN"); }

Transaction::~Transaction() {
  try {
    roll_back();
  } catch (const Error&) {
    // The connection has given the transaction up already.
  }
}

void Transaction::commit() {
  open_ = false;
  connection_.execute("COMMIT");
}

void Transaction::commit_as_checkpoint() {
  connection_.set("SET checkpoint_threshold = '0 bytes'");
  try {
    commit();
  } catch (const Error&) {
    try {
      connection_.set("RESET checkpoint_threshold");
    } catch (const Error&) {
      // The database takes no statement any more.
    }
    throw;
  }
  connection_.set("RESET checkpoint_threshold");
}

void Transaction::roll_back() {
  if (!open_) return;
  open_ = false;
  connection_.set("ROLLBACK");
}

Database::Database(const std::filesystem::path& path, Access access) {
  constexpr int kTries = 3;
  for (int tried = 1;; ++tried) {
    undo_torn_checkpoint(path);
    open(path, access);
    // Whoever had the file for a moment in between was killed.
    if (!has_undo(path) || tried == kTries) break;
    duckdb_close(&database_);
  }
  if (access == Access::read_write && path != ":memory:")
    undo_ = std::make_unique<MetadataUndo>(path, database_);
}

void Database::open(const std::filesystem::path& path, Access access) {
  duckdb_config config;
  if (duckdb_create_config(&config) != DuckDBSuccess) fail(nullptr, "out of memory");
  duckdb_set_config(config, "access_mode", access == Access::read_only ? "READ_ONLY" : "READ_WRITE");
  duckdb_set_config(config, "autoinstall_known_extensions", "false");
  duckdb_set_config(config, "autoload_known_extensions", "false");
  char* error = nullptr;
  const duckdb_state state = duckdb_open_ext(path.c_str(), &database_, config, &error);
  duckdb_destroy_config(&config);
  if (state != DuckDBSuccess) {
    const std::string reason = error ? error : "cannot open the store";
    duckdb_free(error);
    fail(reason.c_str(), "");
  }
  // See MetadataUndo::finish().
  if (access == Access::read_write) Connection(database_).execute("PRAGMA disable_checkpoint_on_shutdown");
}

Database::~Database() {
  if (undo_) undo_->finish();
  duckdb_close(&database_);
}

}  // namespace testloom
