// A journal's lines as rows of a table function, made by as many threads as DuckDB has, and what they noticed
// on the way.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/journal_file.h"
#include "store/database.h"

namespace testloom {

struct LinesSeen {
  int64_t left_out = 0;
  bool has_run = false;                               // a line says that a run begins
  bool has_same_twice = false;                        // two outcomes are of one attempt
  std::optional<int64_t> ended_at_us, resumed_at_us;  // the last of each
};

class LineRows {
 public:
  // The outcomes that stand between two ends of lines. Keeps `journal`.
  LineRows(Connection& connection, const JournalFile& journal, int64_t begin, int64_t end);

  // What stands for the table in a statement that reads it, once; its columns are the outcomes' keys.
  std::string sql() const { return name_ + "()"; }
  // REQUIRES: all rows were read.
  LinesSeen seen() const;

 private:
  struct Shared;
  class Thread;

  std::shared_ptr<Shared> shared_;
  std::string name_;
};

}  // namespace testloom
