// The store: one DuckDB file with testloom's schema. open_store() waits for the file's lock, refuses what is
// no store, upgrades a store made by the original code, and says in every error what to do.
#pragma once

#include <filesystem>
#include <memory>

#include "store/database.h"

namespace testloom {

class Store {
 public:
  Store(std::filesystem::path path, std::shared_ptr<Database> database);

  const std::filesystem::path& path() const { return path_; }
  Connection& connection() { return connection_; }
  // One more connection to the same file, with a transaction of its own.
  Connection connect() const { return Connection(*database_); }
  // A note for the user about what opening did (an upgrade), or empty.
  const std::string& note() const { return note_; }
  void set_note(std::string note) { note_ = std::move(note); }
  // Whether it is a snapshot of a plan, which is only read; see plan/snapshot.h.
  bool is_snapshot() const { return is_snapshot_; }
  void set_snapshot() { is_snapshot_ = true; }

 private:
  std::filesystem::path path_;
  std::shared_ptr<Database> database_;
  Connection connection_;
  std::string note_;
  bool is_snapshot_ = false;
};

enum class OpenMode {
  read,    // looking only; a missing store is an error
  write,   // changing what is there; a missing store is an error
  create,  // like write, and makes a store where there is no file
  run,     // for what runs tests: like write, but a snapshot is only read
};

inline constexpr double kDefaultWaitSeconds = 10;

// Opens `path`. While another process holds the file, tries again for `wait_seconds`, then names it. Two
// stores opened on one file in one process share the database. Throws an Error of kind store.
std::unique_ptr<Store> open_store(const std::filesystem::path& path, OpenMode mode,
                                  double wait_seconds = kDefaultWaitSeconds);

}  // namespace testloom
