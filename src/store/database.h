// DuckDB behind a small RAII layer: a Database is an open file, a Connection runs SQL on it, a Result hands
// out rows one after the other. Every failure is an Error of kind store with DuckDB's own reason.
// Threads: one Connection belongs to one thread at a time.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/metadata_undo.h"
#include "store/result.h"
#include "testloom/error.h"

namespace testloom {

// A value put in for a ? of a statement.
using Parameter = std::variant<std::monostate, bool, int64_t, double, std::string, std::vector<std::string>,
                               std::vector<int64_t>>;

// The value, or NULL where there is none.
template <typename T>
Parameter or_null(const std::optional<T>& value) {
  return value ? Parameter(*value) : Parameter();
}

class Database;

class Connection {
 public:
  explicit Connection(const Database& database);
  // For what writes to no file that is kept.
  explicit Connection(duckdb_database database);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs one statement; its rows come back as a Result.
  Result query(std::string_view sql, std::span<const Parameter> parameters = {});
  Result query(std::string_view sql, std::initializer_list<Parameter> parameters) {
    return query(sql, std::span<const Parameter>(parameters.begin(), parameters.size()));
  }
  // Runs statements separated by ';' for their effect.
  void execute(const std::string& sql);

  duckdb_connection handle() const { return connection_; }

 private:
  friend class Transaction;
  // execute() for statements that write nothing.
  void set(const std::string& sql);

  duckdb_connection connection_ = nullptr;
  MetadataUndo* undo_ = nullptr;  // the database's
};

// A transaction that is rolled back unless commit() was reached.
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();
  // For transactions that may add more than 122,880 rows to a table. What a kill leaves of their log,
  // DuckDB 1.5 takes in by half when the file is opened next: whole row groups of a table without the rest.
  // So this commit writes a checkpoint, which is there wholly or not at all, and no log; other transactions
  // of this process that are open make it an ordinary one.
  void commit_as_checkpoint();
  void roll_back();

 private:
  Connection& connection_;
  bool open_ = true;
};

enum class Access { read_only, read_write };

// An open DuckDB file. Extensions are never fetched or loaded from disk. What a killed process left torn is
// put back first; a connection's statements keep what a kill may tear.
class Database {
 public:
  Database(const std::filesystem::path& path, Access access);  // throws DuckDB's reason as it is
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  duckdb_database handle() const { return database_; }
  MetadataUndo* undo() const { return undo_.get(); }  // none where nothing is written

 private:
  void open(const std::filesystem::path& path, Access access);

  std::unique_ptr<MetadataUndo> undo_;
  duckdb_database database_ = nullptr;
};

}  // namespace testloom
