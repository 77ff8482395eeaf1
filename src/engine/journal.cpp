#include "engine/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "engine/ingest.h"
#include "engine/journal_file.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kIngested = ".ingested.jsonl";

constexpr double kLockSeconds = 2;

std::string shown(const fs::path& path) { return quote(path.native(), 400); }

[[noreturn]] void fail(const fs::path& path, int error) {
  throw Error(
      ErrorKind::engine, fmt::format("cannot write the journal {}: {}", shown(path), std::strerror(error)),
      error == ENOSPC
          ? "free some space; what was reported before is kept"
          : "the journal stands beside the store: make that folder writable, or copy the store; for a run "
            "of a snapshot, --journal-dir names another folder");
}

std::string head_line(const RunInfo& info) {
  JsonWriter json;
  json.begin_object().member("type", "run").member("run_id", info.run_id).member("plan_id", info.plan_id);
  json.member("started_at_us", info.started_at_us)
      .member("engine", info.engine)
      .member("python", info.python);
  json.member("host", info.host).key("environment").raw(info.environment_json);
  json.key("settings").raw(info.settings_json);
  if (info.is_resumed) json.member("resumed_at_us", utc_now_microseconds());
  return json.end_object().take();
}

std::string resume_line() {
  JsonWriter json;
  json.begin_object().member("type", "resume").member("resumed_at_us", utc_now_microseconds());
  return json.end_object().take();
}

fs::path ingested_name(const fs::path& journal) {
  fs::path name = fs::path(journal).replace_extension();
  return name += kIngested;
}

}  // namespace

std::string new_run_id() {
  std::string id;
  for (const char c : utc_now()) {
    if (c >= '0' && c <= '9') id += c;
    if (c == 'T') id += '-';
  }
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return fmt::format("{}-{}", id,
                     short_hash(fmt::format("{} {} {}", host, ::getpid(), monotonic_seconds()), 4));
}

fs::path journal_folder(const fs::path& store_path) {
  fs::path folder = store_path;
  folder += ".runs";
  return folder;
}

fs::path work_folder_of(const fs::path& journal) { return fs::path(journal).replace_extension(".work"); }

Journal::Journal(const JournalPlace& place, const RunInfo& info, SyncFile sync) {
  const fs::path& folder = place.folder;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(folder, error.value());
  path_ = folder / (info.run_id + ".jsonl");
  if (!sync) sync = ::fdatasync;
  if (open_existing(path_) || open_existing(ingested_name(path_))) {
    syncer_.emplace(file_.get(), std::move(sync));
    append_line(resume_line());
  } else {
    make(info, std::move(sync));
  }
  sync_folder(folder);
}

void Journal::make(const RunInfo& info, SyncFile sync_file) {
  const fs::path unfinished = fs::path(path_).replace_extension(".tmp");
  file_ =
      FileDescriptor(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666));
  if (!file_) fail(unfinished, errno);
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) fail(unfinished, errno);
  syncer_.emplace(file_.get(), std::move(sync_file));
  try {
    append_line(head_line(info));
    sync();
    // Others see it from here on: locked, and with its first line.
    if (::rename(unfinished.c_str(), path_.c_str()) != 0) fail(path_, errno);
  } catch (const Error&) {
    ::unlink(unfinished.c_str());
    throw;
  }
}

// False where there is none. Others may hold its lock for as long as they take it in, and rename it then.
bool Journal::open_existing(const fs::path& from) {
  file_ = FileDescriptor(::open(from.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK));
  if (!file_ && errno == ENOENT) return false;
  if (!file_) fail(from, errno);
  const double end = monotonic_seconds() + kLockSeconds;
  while (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (monotonic_seconds() > end) {
      throw Error(ErrorKind::engine, fmt::format("the run of the journal {} is going on", shown(from)),
                  "wait for it to end");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  struct stat held {
  }, named{};
  if (::fstat(file_.get(), &held) != 0) fail(from, errno);
  if (::stat(from.c_str(), &named) != 0 || named.st_ino != held.st_ino) return false;
  if (from != path_ && ::rename(from.c_str(), path_.c_str()) != 0) fail(path_, errno);
  size_ = held.st_size;
  char last = '\n';
  if (size_ > 0 && ::pread(file_.get(), &last, 1, size_ - 1) != 1) fail(path_, errno);
  is_cut_ = last != '\n';
  return true;
}

void Journal::append_line(std::string line) {
  if (const int error = syncer_->failure()) fail(path_, error);
  line += '\n';
  if (is_cut_) line.insert(0, 1, '\n');
  if (!write_all(file_.get(), line)) {
    const int error = errno;
    take_back();
    fail(path_, error);
  }
  size_ += static_cast<int64_t>(line.size());
  is_cut_ = false;
  syncer_->written();
}

// What a full disk left of a line must not spoil the next one.
void Journal::take_back() { is_cut_ = ::ftruncate(file_.get(), size_) != 0; }

void Journal::append(const Outcome& outcome) { append_line(to_json_line(outcome)); }

void Journal::sync() {
  syncer_->wait();
  if (const int error = syncer_->failure()) fail(path_, error);
}

void Journal::finish() {
  JsonWriter json;
  append_line(json.begin_object()
                  .member("type", "end")
                  .member("ended_at_us", utc_now_microseconds())
                  .end_object()
                  .take());
  sync();
}

namespace {

int64_t ingest_file(Store& store, const JournalFile& journal) {
  IngestTransaction transaction(store.connection());
  const int64_t added = ingest_lines(store.connection(), journal, Origin::own).added;
  transaction.commit(added);
  return added;
}

}  // namespace

int64_t ingest_journal(Store& store, const fs::path& journal) {
  if (store.is_snapshot() || !fs::exists(journal)) return 0;  // another process has taken it in meanwhile
  return ingest_file(store, JournalFile(journal));
}

std::vector<fs::path> pending_journals(const fs::path& store_path) {
  std::vector<fs::path> journals;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(journal_folder(store_path), error)) {
    const std::string name = entry.path().filename().native();
    if (name.ends_with(".jsonl") && !name.ends_with(kIngested)) journals.push_back(entry.path());
  }
  std::sort(journals.begin(), journals.end());
  return journals;
}

namespace {

// Without waiting, whatever stands there.
FileDescriptor open_to_lock(const fs::path& journal) {
  return FileDescriptor(::open(journal.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

// Ingests; and where its run is over, puts the journal away under the same lock that says so, so that nothing
// can be written to it in between.
int64_t take_in(Store& store, const fs::path& journal) {
  if (!fs::exists(journal)) return 0;  // another process has put it away meanwhile
  const FileDescriptor file = open_to_lock(journal);
  const bool over = file && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
  const int64_t added = ingest_file(store, JournalFile(journal));
  if (!over) return added;
  std::error_code error;
  fs::remove_all(work_folder_of(journal), error);
  fs::rename(journal, ingested_name(journal), error);
  return added;
}

}  // namespace

int64_t ingest_pending(Store& store, std::vector<std::string>& notes) {
  int64_t added = 0;
  if (store.is_snapshot()) return added;
  for (const fs::path& journal : pending_journals(store.path())) {
    try {
      added += take_in(store, journal);
    } catch (const Error& error) {
      notes.push_back(fmt::format("the journal {} was not taken in: {}", shown(journal), error.message()));
    }
  }
  return added;
}

size_t count_left_journals(const fs::path& store_path) {
  size_t left = 0;
  for (const fs::path& journal : pending_journals(store_path)) {
    const FileDescriptor file = open_to_lock(journal);
    if (file && ::flock(file.get(), LOCK_SH | LOCK_NB) == 0) ++left;
  }
  return left;
}

}  // namespace testloom
