#include "engine/ingest_paths.h"

#include <algorithm>
#include <fstream>
#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "engine/ingest.h"
#include "engine/ingest_store.h"
#include "engine/journal.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

std::string shown(const fs::path& path) { return quote(path.native(), 400); }

bool is_journal_name(const fs::path& path) { return path.extension() == ".jsonl"; }

// DuckDB's files have its name behind a checksum.
bool is_database(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(12, '\0');
  return file.read(head.data(), 12) && head.substr(8) == "DUCK";
}

void add_journals(const fs::path& folder, std::vector<fs::path>& journals) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (is_journal_name(entry.path()) && !entry.is_directory()) journals.push_back(entry.path());
}

// The folder's own, and those in folders that are named as stores name them.
std::vector<fs::path> journals_in(const fs::path& folder) {
  std::vector<fs::path> journals;
  add_journals(folder, journals);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".runs" && entry.is_directory()) add_journals(entry.path(), journals);
  if (error) {
    throw Error(ErrorKind::spec,
                fmt::format("the folder {} cannot be read: {}", shown(folder), error.message()),
                "check its permissions");
  }
  if (journals.empty()) {
    throw Error(ErrorKind::spec, fmt::format("there is no journal in the folder {}", shown(folder)),
                "journals are the files RUN.jsonl in STORE.runs; a store is named by its own path");
  }
  std::sort(journals.begin(), journals.end());
  return journals;
}

// An error about what stands in `path`, with its name.
[[noreturn]] void refuse(const std::string& what, const fs::path& path, const Error& error) {
  if (error.kind() != ErrorKind::spec) throw Error(error);
  throw Error(ErrorKind::spec,
              fmt::format("{} {} cannot be taken in: {}", what, shown(path), error.message()),
              error.diagnostics().front().hint);
}

// What a path is: another store, or journals.
struct Source {
  IngestedPath taken = {};
  std::shared_ptr<OtherStore> store = {};
  std::vector<fs::path> journals = {};
  bool is_folder = false;
};

// DuckDB opens a file once.
std::shared_ptr<OtherStore> open_other(Store& store, const fs::path& path,
                                       const std::vector<Source>& sources) {
  std::error_code error;
  for (const Source& source : sources)
    if (source.store && fs::equivalent(path, source.taken.path, error)) return source.store;
  try {
    if (fs::equivalent(path, store.path(), error)) {
      throw Error(ErrorKind::spec, "it is the store that takes in", "name another machine's store");
    }
    return std::make_shared<OtherStore>(store.connection(), path);
  } catch (const Error& problem) {
    refuse("the store", path, problem);
  }
}

Source look_at(Store& store, const fs::path& path, const std::vector<Source>& sources) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    throw Error(ErrorKind::spec, fmt::format("there is nothing at {}", shown(path)), "check the path");
  }
  Source source;
  source.taken.path = path;
  source.is_folder = fs::is_directory(status);
  if (source.is_folder) {
    source.journals = journals_in(path);
  } else if (fs::is_regular_file(status) && is_database(path)) {
    source.store = open_other(store, path, sources);
  } else {
    source.journals = {path};
  }
  return source;
}

void take_journal(Store& store, const fs::path& path, Source& source) {
  try {
    const fs::path own = fs::weakly_canonical(journal_folder(store.path()));
    const Origin origin = fs::weakly_canonical(path).parent_path() == own ? Origin::own : Origin::foreign;
    const Ingested taken = ingest_lines(store.connection(), JournalFile(path), origin);
    if (taken.run_id.empty() && source.is_folder) return;
    if (taken.run_id.empty()) {
      throw Error(ErrorKind::spec, "it has no whole line",
                  "its run was killed at its start, or it is no journal");
    }
    ++source.taken.runs;
    source.taken.new_runs += taken.is_new;
    source.taken.new_outcomes += taken.added;
    source.taken.lines_left_out += taken.left_out;
  } catch (const Error& error) {
    refuse("the journal", path, error);
  }
}

void take_store(Store& store, Source& source) {
  try {
    const IngestedStore taken = ingest_store(store.connection(), *source.store);
    source.taken.runs = taken.runs;
    source.taken.new_runs = taken.new_runs;
    source.taken.new_outcomes = taken.new_outcomes;
  } catch (const Error& error) {
    refuse("the store", source.taken.path, error);
  }
}

}  // namespace

std::vector<IngestedPath> ingest_paths(Store& store, const std::vector<fs::path>& paths) {
  std::vector<Source> sources;
  for (const fs::path& path : paths) sources.push_back(look_at(store, path, sources));
  std::vector<IngestedPath> taken;
  int64_t rows = 0;
  IngestTransaction transaction(store.connection());
  for (Source& source : sources) {
    if (source.store) take_store(store, source);
    for (const fs::path& journal : source.journals) take_journal(store, journal, source);
    taken.push_back(source.taken);
    rows += source.taken.new_outcomes;
  }
  transaction.commit(rows);
  return taken;
}

}  // namespace testloom
