#include "engine/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kIngested = ".ingested.jsonl";

[[noreturn]] void fail(const fs::path& path, int error) {
  throw Error(ErrorKind::engine,
              fmt::format("cannot write the journal {}: {}", quote(path.native(), 400), std::strerror(error)),
              error == ENOSPC
                  ? "free some space; what was reported before is kept"
                  : "the journal stands beside the store: make that folder writable, or copy the store");
}

// A path as DuckDB's readers take it: in SQL quotes, with what would be a glob made literal.
std::string sql_path(const fs::path& path) {
  std::string out = "'";
  for (const char c : path.native()) {
    if (c == '\'')
      out += "''";
    else if (c == '*' || c == '?' || c == '[')
      out += fmt::format("[{}]", c);
    else
      out += c;
  }
  return out + "'";
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

Journal::Journal(const fs::path& store_path, const RunInfo& info) {
  const fs::path folder = journal_folder(store_path);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(folder, error.value());
  path_ = folder / (info.run_id + ".jsonl");
  const fs::path unfinished = folder / (info.run_id + ".tmp");
  file_ =
      FileDescriptor(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666));
  if (!file_) fail(unfinished, errno);
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) fail(unfinished, errno);
  JsonWriter json;
  json.begin_object().member("type", "run").member("run_id", info.run_id).member("plan_id", info.plan_id);
  json.member("started_at_us", info.started_at_us)
      .member("engine", info.engine)
      .member("python", info.python);
  json.member("host", info.host).key("environment").raw(info.environment_json);
  json.key("settings").raw(info.settings_json).end_object();
  append_line(json.take());
  // Others see it from here on: locked, and with its first line.
  if (::rename(unfinished.c_str(), path_.c_str()) != 0) fail(path_, errno);
  sync_folder(folder);
}

void Journal::append_line(std::string line) {
  line += '\n';
  if (!write_all(file_.get(), line) || ::fdatasync(file_.get()) != 0) fail(path_, errno);
}

void Journal::append(const Outcome& outcome) { append_line(to_json_line(outcome)); }

void Journal::finish() {
  JsonWriter json;
  append_line(json.begin_object()
                  .member("type", "end")
                  .member("ended_at_us", utc_now_microseconds())
                  .end_object()
                  .take());
}

// A journal without a line at all belongs to a run that was killed at its start; any other begins with its
// run.
void check_header(Connection& connection) {
  Result rows = connection.query(
      "SELECT count(*) FILTER (type = 'run' AND run_id IS NOT NULL AND plan_id IS NOT NULL AND started_at_us "
      "IS NOT NULL), "
      "count(type) FROM journal");
  rows.next();
  if (rows.integer(0) == 1 || rows.integer(1) == 0) return;
  throw Error(ErrorKind::store, "it does not begin with its run", "move it away if it is no journal");
}

int64_t ingest_journal(Store& store, const fs::path& journal) {
  if (!fs::exists(journal)) return 0;  // another process has taken it in meanwhile
  Connection& connection = store.connection();
  Transaction transaction(connection);
  connection.execute(fmt::format(
      R"sql(
CREATE OR REPLACE TEMP TABLE journal AS
SELECT * FROM read_ndjson({}, ignore_errors = true, hive_partitioning = false, maximum_object_size = 67108864, columns = {{
  type: 'VARCHAR', run_id: 'VARCHAR', plan_id: 'INTEGER', started_at_us: 'BIGINT', ended_at_us: 'BIGINT',
  engine: 'VARCHAR', python: 'VARCHAR', host: 'VARCHAR', environment: 'JSON', settings: 'JSON',
  test_id: 'UUID', "case": 'VARCHAR', attempt: 'INTEGER', outcome: 'VARCHAR', reason: 'VARCHAR',
  duration_s: 'DOUBLE', peak_memory_bytes: 'BIGINT', result: 'JSON',
  error_type: 'VARCHAR', error_message: 'VARCHAR', traceback: 'VARCHAR', output_tail: 'VARCHAR',
  model_name: 'VARCHAR', hardware_type: 'VARCHAR', batch_size: 'BIGINT', template_name: 'VARCHAR', axes: 'JSON',
  repetition: 'INTEGER', observed: 'VARCHAR', slot: 'VARCHAR', start: 'VARCHAR', cores: 'INTEGER', beside: 'JSON',
  peak_device_memory_bytes: 'BIGINT', estimated_memory_bytes: 'BIGINT', estimated_host_memory_bytes: 'BIGINT',
  output_file: 'VARCHAR', artifacts: 'VARCHAR'}});
)sql",
      sql_path(journal)));
  check_header(connection);
  connection.execute(R"sql(
INSERT INTO runs
SELECT run_id, plan_id, make_timestamp(started_at_us), NULL, engine, python, host, environment, settings, NULL
FROM journal
WHERE type = 'run' AND run_id NOT IN (SELECT run_id FROM runs);
UPDATE runs SET ended_at = (SELECT make_timestamp(max(ended_at_us)) FROM journal WHERE type = 'end')
WHERE run_id = (SELECT run_id FROM journal WHERE type = 'run') AND ended_at IS NULL
  AND EXISTS (SELECT 1 FROM journal WHERE type = 'end');
)sql");
  Result rows = connection.query(R"sql(
INSERT INTO outcomes
SELECT r.run_id, j.test_id, j."case", j.attempt, j.outcome, j.reason, make_timestamp(j.started_at_us), j.duration_s,
       j.peak_memory_bytes, j.result, j.error_type, j.error_message, j.traceback, j.output_tail,
       j.model_name, j.hardware_type, j.batch_size, j.template_name, coalesce(j.axes, '{}'), coalesce(j.repetition, 1), j.observed, j.slot,
       j.start, j.cores, j.beside, j.peak_device_memory_bytes, j.estimated_memory_bytes,
       j.estimated_host_memory_bytes, j.environment, j.output_file, j.artifacts
FROM journal j, (SELECT run_id FROM journal WHERE type = 'run') r
WHERE j.type = 'outcome' AND j.test_id IS NOT NULL AND j.outcome IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM outcomes o
                  WHERE o.run_id = r.run_id AND o.test_id = j.test_id
                    AND o.repetition = coalesce(j.repetition, 1) AND o.attempt = j.attempt)
)sql");
  const int64_t added = rows.next() ? rows.integer(0) : 0;
  connection.execute("DROP TABLE journal");
  transaction.commit();
  return added;
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

// Ingests; and where its run is over, puts the journal away under the same lock that says so, so that nothing
// can be written to it in between.
int64_t take_in(Store& store, const fs::path& journal) {
  const FileDescriptor file(::open(journal.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return 0;  // another process has put it away meanwhile
  const bool over = ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
  const int64_t added = ingest_journal(store, journal);
  if (!over) return added;
  std::error_code error;
  fs::remove_all(work_folder_of(journal), error);
  fs::path renamed = journal;
  renamed.replace_extension();
  renamed += kIngested;
  fs::rename(journal, renamed, error);
  return added;
}

}  // namespace

int64_t ingest_pending(Store& store, std::vector<std::string>& notes) {
  int64_t added = 0;
  for (const fs::path& journal : pending_journals(store.path())) {
    try {
      added += take_in(store, journal);
    } catch (const Error& error) {
      notes.push_back(
          fmt::format("the journal {} was not taken in: {}", quote(journal.native(), 400), error.message()));
    }
  }
  return added;
}

size_t count_left_journals(const fs::path& store_path) {
  size_t left = 0;
  for (const fs::path& journal : pending_journals(store_path)) {
    const FileDescriptor file(::open(journal.c_str(), O_RDONLY | O_CLOEXEC));
    if (file && ::flock(file.get(), LOCK_SH | LOCK_NB) == 0) ++left;
  }
  return left;
}

}  // namespace testloom
