#include "store/store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/open_files.h"
#include "store/schema.h"
#include "store/upgrade.h"

namespace testloom {

namespace fs = std::filesystem;

Store::Store(fs::path path, std::shared_ptr<Database> database)
    : path_(std::move(path)), database_(std::move(database)), connection_(*database_) {}

namespace {

std::string shown(const fs::path& path) { return quote(path.native(), 400); }

// The databases that this process has open, by device and inode of their files, so that a second store on the
// same file shares the first one's.
class OpenDatabases {
 public:
  std::shared_ptr<Database> find(const fs::path& path) {
    const std::lock_guard lock(mutex_);
    const auto found = databases_.find(key_of(path));
    return found == databases_.end() ? nullptr : found->second.lock();
  }
  void remember(const fs::path& path, const std::shared_ptr<Database>& database) {
    const std::lock_guard lock(mutex_);
    std::erase_if(databases_, [](const auto& entry) { return entry.second.expired(); });
    databases_[key_of(path)] = database;
  }

 private:
  using Key = std::pair<dev_t, ino_t>;
  static Key key_of(const fs::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return {};
    return {status.st_dev, status.st_ino};
  }

  std::mutex mutex_;
  std::map<Key, std::weak_ptr<Database>> databases_;
};

OpenDatabases& open_databases() {
  static OpenDatabases databases;
  return databases;
}

// DuckDB's reason for not opening a file, in testloom's words.
Error explain_failure(const fs::path& path, const std::string& reason) {
  const auto has = [&](const char* part) { return reason.find(part) != std::string::npos; };
  if (has("No space left on device")) {
    return Error(ErrorKind::store, fmt::format("cannot open the store {}: the disk is full", shown(path)),
                 "free some space and try again; the store is as before");
  }
  if (has("not a valid DuckDB database")) {
    return Error(ErrorKind::store, fmt::format("{} is not a store: it is not a DuckDB file", shown(path)),
                 "name another file with --store, or move this one away");
  }
  if (has("Read-only file system") || has("Permission denied") || has("read-only mode")) {
    return Error(ErrorKind::store,
                 fmt::format("cannot open the store {} for writing: it is read-only", shown(path)),
                 "check the permissions of the file and of its folder, or copy the store elsewhere");
  }
  if (has("No such file or directory") || has("Not a directory")) {
    return Error(ErrorKind::store,
                 fmt::format("cannot make the store {}: its folder does not exist", shown(path)),
                 "make the folder first, or name another file with --store");
  }
  return Error(ErrorKind::store, fmt::format("cannot open the store {}: {}", shown(path), reason),
               "the file may be damaged, or its disk may fail: restore it from a copy");
}

Error locked(const fs::path& path, const std::string& reason) {
  constexpr std::string_view mark =
      "PID ";  // as in "Conflicting lock is held in /usr/bin/python3 (PID 4711)"
  const size_t at = reason.find(mark);
  const long pid = at == std::string::npos ? 0 : std::strtol(reason.c_str() + at + mark.size(), nullptr, 10);
  std::string holder = "another process";
  if (pid > 0) {
    const std::string command = describe_process(pid);
    holder = fmt::format("process {}{}", pid, command.empty() ? "" : fmt::format(" ({})", command));
  }
  return Error(ErrorKind::store, fmt::format("the store {} is locked by {}", shown(path), holder),
               "wait for it to end, or give it longer with --wait SECONDS");
}

std::shared_ptr<Database> open_waiting(const fs::path& path, Access access, double wait_seconds) {
  const double end = monotonic_seconds() + wait_seconds;
  for (auto pause = std::chrono::milliseconds(5);;
       pause = std::min(pause * 2, std::chrono::milliseconds(100))) {
    try {
      return std::make_shared<Database>(path, access);
    } catch (const Error& error) {
      const bool is_lock = error.message().find("Could not set lock") != std::string::npos;
      if (!is_lock) throw explain_failure(path, error.message());
      if (monotonic_seconds() >= end) throw locked(path, error.message());
    }
    std::this_thread::sleep_for(pause);
  }
}

std::shared_ptr<Database> open_or_share(const fs::path& path, Access access, double wait_seconds) {
  if (auto database = open_databases().find(path)) return database;
  if (is_open_in_this_process(path)) {
    throw Error(
        ErrorKind::store, fmt::format("the store {} is already open in this process", shown(path)),
        "another DuckDB library holds it: close that connection first, or use this store's own execute()");
  }
  auto database = open_waiting(path, access, wait_seconds);
  open_databases().remember(path, database);
  return database;
}

// Copies the old file beside itself before an upgrade; never over an older copy, and never half.
fs::path keep_copy(const fs::path& path) {
  fs::path copy = path;
  copy += ".before-upgrade";
  for (int number = 2; fs::exists(copy); ++number) {
    copy = path;
    copy += fmt::format(".before-upgrade-{}", number);
  }
  const fs::path unfinished = copy.native() + ".tmp";
  std::error_code error;
  fs::copy_file(path, unfinished, fs::copy_options::overwrite_existing, error);
  if (!error) fs::rename(unfinished, copy, error);
  if (error) {
    std::error_code ignored;
    fs::remove(unfinished, ignored);
    throw Error(ErrorKind::store,
                fmt::format("cannot keep a copy of the old store at {}: {}", shown(copy), error.message()),
                "the store is as before; make room or permissions for the copy and try again");
  }
  return copy;
}

[[noreturn]] void refuse(const fs::path& path, StoreContent content, Connection& connection) {
  if (content == StoreContent::newer) {
    throw Error(ErrorKind::store,
                fmt::format("the store {} was made by a newer testloom (schema {}, this one knows {})",
                            shown(path), schema_version(connection), kSchemaVersion),
                "update testloom, or use another store");
  }
  throw Error(ErrorKind::store, fmt::format("{} is a DuckDB file, but not a testloom store", shown(path)),
              "name another file with --store; this one is left as it is");
}

// The copy has to be taken while no DuckDB holds the file here: closing any descriptor of a file drops the
// process's locks on it.
std::unique_ptr<Store> upgrade(const fs::path& path, double wait_seconds) {
  {
    const auto database = open_waiting(path, Access::read_write, wait_seconds);
    Connection(*database).execute("CHECKPOINT");
  }
  const fs::path copy = keep_copy(path);
  const auto drop_copy = [&] {
    std::error_code error;
    fs::remove(copy, error);
  };
  auto store = std::make_unique<Store>(path, open_or_share(path, Access::read_write, wait_seconds));
  if (recognise(store->connection()) == StoreContent::current) {  // another process was faster
    drop_copy();
    return store;
  }
  const bool is_original = recognise(store->connection()) == StoreContent::original;
  try {
    is_original ? upgrade_original(store->connection()) : upgrade_older(store->connection());
  } catch (const Error& error) {
    drop_copy();
    throw Error(ErrorKind::store,
                fmt::format("cannot upgrade the store {}: {}", shown(path), error.message()),
                fmt::format("it was made by {} and is as before; mend these rows or tables in a copy, and "
                            "try again",
                            is_original ? "the original code" : "an earlier testloom"));
  }
  store->set_note(fmt::format("upgraded the store {}; the old file is kept as {}", shown(path), shown(copy)));
  return store;
}

std::unique_ptr<Store> open_existing(const fs::path& path, Access access, double wait_seconds) {
  auto store = std::make_unique<Store>(path, open_or_share(path, access, wait_seconds));
  switch (const StoreContent content = recognise(store->connection())) {
    case StoreContent::current:
      if (is_snapshot(store->connection())) store->set_snapshot();
      return store;
    case StoreContent::original:
    case StoreContent::older:
      store.reset();
      return upgrade(path, wait_seconds);
    case StoreContent::empty:
      if (access == Access::read_write) {
        create_schema(store->connection());
        return store;
      }
      [[fallthrough]];
    default:
      refuse(path, content, store->connection());
  }
}

bool is_write_protected(const fs::path& path) {
  std::error_code error;
  const auto any = fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;
  return (fs::status(path, error).permissions() & any) == fs::perms::none && !error;
}

// A snapshot is write-protected unless somebody changed that, and then looking takes a lock for a moment.
std::unique_ptr<Store> open_to_run(const fs::path& path, double wait_seconds) {
  if (is_write_protected(path)) {
    auto store = open_existing(path, Access::read_only, wait_seconds);
    if (store->is_snapshot()) return store;
  }
  {
    auto store = open_existing(path, Access::read_write, wait_seconds);
    if (!store->is_snapshot()) return store;
  }
  return open_existing(path, Access::read_only, wait_seconds);
}

std::unique_ptr<Store> open_to_write(const fs::path& path, double wait_seconds) {
  auto store = open_existing(path, Access::read_write, wait_seconds);
  if (!store->is_snapshot()) return store;
  throw Error(
      ErrorKind::store, fmt::format("the store {} is a snapshot of a plan, which is only read", shown(path)),
      "`testloom run` runs it; `testloom ingest` takes its journals in, into the store that it was exported "
      "from");
}

// Makes a store under another name and then gives it its own, so that a kill or a full disk never leaves half
// a store. Two that do this at once both succeed: the later one finds the name taken and drops its own.
void make_store(const fs::path& path) {
  fs::path beside = path;
  beside += fmt::format(".{}.new", ::getpid());
  const auto drop = [&] {
    std::error_code error;
    fs::remove(beside, error);
    fs::remove(beside.native() + ".wal", error);
  };
  drop();  // what a killed process of the same number left
  try {
    {
      Database database(beside, Access::read_write);
      Connection connection(database);
      create_schema(connection);
      connection.execute("CHECKPOINT");
    }
    if (::link(beside.c_str(), path.c_str()) != 0 && errno != EEXIST) {
      if (::rename(beside.c_str(), path.c_str()) != 0) throw Error(ErrorKind::store, std::strerror(errno));
    }
  } catch (const Error& error) {
    drop();
    throw explain_failure(path, error.message());
  }
  drop();
}

}  // namespace

std::unique_ptr<Store> open_store(const fs::path& given, OpenMode mode, double wait_seconds) {
  if (given.empty()) {
    throw Error(ErrorKind::usage, "the store's path is empty", "name a file with --store or $TESTLOOM_STORE");
  }
  std::error_code error;
  fs::path path = fs::weakly_canonical(fs::absolute(given), error);
  if (error) path = fs::absolute(given);
  if (fs::is_directory(path, error)) {
    throw Error(ErrorKind::store, fmt::format("cannot open the store {}: it is a folder", shown(path)),
                "name a file with --store");
  }
  const bool exists = fs::exists(path, error);
  if (!exists && mode != OpenMode::create) {
    throw Error(ErrorKind::store, fmt::format("there is no store at {}", shown(given)),
                "make one with `testloom init`, or name it with --store PATH or $TESTLOOM_STORE");
  }
  if (!exists) make_store(path);
  switch (mode) {
    case OpenMode::read:
      return open_existing(path, Access::read_only, wait_seconds);
    case OpenMode::run:
      return open_to_run(path, wait_seconds);
    default:
      return open_to_write(path, wait_seconds);
  }
}

}  // namespace testloom
