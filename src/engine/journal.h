// The journal of a run: STORE.runs/RUN.jsonl, one JSON object a line, on the disk within 200 ms. It is the
// truth until it is in the store. Ingesting twice changes nothing; a line cut short by a kill is left out.
// Format: docs/store.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "engine/file_syncer.h"
#include "engine/outcome.h"
#include "store/store.h"

namespace testloom {

struct RunInfo {
  std::string run_id;
  int64_t plan_id = 0;
  int64_t started_at_us = 0;
  std::string engine;
  std::string python;
  std::string host;
  std::string environment_json = "{}";
  std::string settings_json = "{}";  // what the run was asked to do, as its flags and the spec say it
  bool is_resumed = false;           // the run was begun before
};

// A new run's id: its start in UTC, and the process, so that two machines' runs do not meet.
std::string new_run_id();

// The folder of a store's journals.
std::filesystem::path journal_folder(const std::filesystem::path& store_path);

// The folder for the files of a journal's run while it goes on.
std::filesystem::path work_folder_of(const std::filesystem::path& journal);

// Where journals are written, if not beside the store.
struct JournalPlace {
  std::filesystem::path folder;
};

// Writes one run's journal; holds a lock on the file, so that others know that it is being written. A line is
// in the file once append() returns, where a kill of this process cannot undo it, and on the disk soon after.
// Whatever cannot be written is an Error (engine), at the next call where it was noticed in between; a line
// that was only half written is taken back. A run that goes on goes on in the journal that it has.
class Journal {
 public:
  Journal(const JournalPlace& place, const RunInfo& info, SyncFile sync = {});
  Journal(const std::filesystem::path& store_path, const RunInfo& info, SyncFile sync = {})
      : Journal(JournalPlace{journal_folder(store_path)}, info, std::move(sync)) {}
  void append(const Outcome& outcome);
  void sync();    // waits until all that was appended is on the disk
  void finish();  // the run came to its end; syncs
  const std::filesystem::path& path() const { return path_; }

 private:
  void make(const RunInfo& info, SyncFile sync);
  bool open_existing(const std::filesystem::path& from);
  void append_line(std::string line);
  void take_back();

  std::filesystem::path path_;
  FileDescriptor file_;
  int64_t size_ = 0;     // of whole lines
  bool is_cut_ = false;  // the file ends with a part of a line
  std::optional<FileSyncer> syncer_;
};

// Takes a journal into the store, in one short transaction. Returns how many outcomes were new. Into a
// snapshot nothing is taken.
int64_t ingest_journal(Store& store, const std::filesystem::path& journal);

// Journals that are not (wholly) in the store yet, oldest first.
std::vector<std::filesystem::path> pending_journals(const std::filesystem::path& store_path);

// Takes all of them into the store. One whose run is over is renamed to RUN.ingested.jsonl, and its work
// folder removed. Returns how many outcomes were new; a journal that is none gets a note and holds up no
// other.
int64_t ingest_pending(Store& store, std::vector<std::string>& notes);

// How many wait although their run is over: it was killed.
size_t count_left_journals(const std::filesystem::path& store_path);

}  // namespace testloom
