// What a checkpoint writes over, kept beside the store as STORE.undo while the store is written to.
//
// DuckDB puts the metadata of a new state into free parts of the blocks that the state before it has its own
// in, and writes these blocks where they stand. A process that is killed in the middle of such a write, which
// the kernel then ends after some of its pages, leaves a block with a wrong checksum, and no state that can
// be read. So a copy of these blocks is written first, and the next process that opens the store puts back
// what is torn: the parts of the state before are in it as they were. A power cut is another matter, the copy
// is not synced.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>

#include "base/files.h"

namespace testloom {

// The copy of one store that this process has open for writing. Safe for use by several threads.
class MetadataUndo {
 public:
  MetadataUndo(std::filesystem::path store, duckdb_database database);
  MetadataUndo(const MetadataUndo&) = delete;
  MetadataUndo& operator=(const MetadataUndo&) = delete;

  // Before a statement that may write a checkpoint: makes the copy, or makes it anew after a checkpoint.
  // Throws an Error of kind store when it cannot be written.
  void keep();
  // Before the database is closed: takes the log into the file, after which no copy is needed.
  void finish();

 private:
  void write(uint64_t iteration);

  std::filesystem::path store_;
  duckdb_database database_;
  FileDescriptor file_;  // to be closed after DuckDB's own: closing any ends the process's locks on the file
  std::mutex mutex_;
  std::optional<uint64_t> kept_;  // the number of the checkpoint that the copy was made after
};

// Whether there is a copy beside the store.
bool has_undo(const std::filesystem::path& store);

// Puts back what a killed process left torn, and removes its copy; nothing where another process has the
// store open, or the file cannot be written to. This process must not have it open.
void undo_torn_checkpoint(const std::filesystem::path& store);

}  // namespace testloom
