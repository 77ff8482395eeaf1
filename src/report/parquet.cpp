#include "report/parquet.h"

#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "base/files.h"
#include "store/sql_text.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

// Beside its place first, so that the file is there wholly or not at all.
void copy_table(Connection& connection, const std::string& table, const StoredRun& run,
                const fs::path& file) {
  fs::path unfinished = file;
  unfinished += fmt::format(".{}.tmp", ::getpid());
  std::error_code error;
  try {
    connection.execute(fmt::format("COPY (SELECT * FROM {} WHERE run_id = {}) TO {} (FORMAT parquet)", table,
                                   sql_text(run.run_id), sql_text(unfinished.native())));
  } catch (const Error& failed) {
    fs::remove(unfinished, error);
    throw Error(ErrorKind::usage, failed.message(), "name a folder that can be written to, with space left");
  }
  fs::rename(unfinished, file, error);
  if (!error) return;
  const int reason = error.value();
  fs::remove(unfinished, error);
  throw_file_error(ErrorKind::usage, "write", file, reason);
}

}  // namespace

void write_parquet(Connection& connection, const StoredRun& run, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw_file_error(ErrorKind::usage, "make", folder, error.value());
  copy_table(connection, "outcomes", run, folder / "outcomes.parquet");
  copy_table(connection, "runs", run, folder / "runs.parquet");
}

}  // namespace testloom
