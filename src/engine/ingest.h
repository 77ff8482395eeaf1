// Takes a journal's lines into the store, each once: `runs.journal_bytes` says how much of it was taken in,
// and moves on in the transaction that adds the outcomes.
#pragma once

#include <mutex>
#include <string>

#include "engine/journal_file.h"
#include "store/database.h"

namespace testloom {

// Whose plans a run's plan_id counts.
enum class Origin { own, foreign };

// The plan_id of runs whose tests are in no plan here.
inline constexpr int64_t kNoPlan = 0;

struct Ingested {
  std::string run_id;    // empty: the journal has no whole line
  int64_t added = 0;     // outcomes
  int64_t left_out = 0;  // lines that are none
  bool is_new = false;   // the store did not have the run
};

// One transaction of ingestion. Those of this process go one after the other, since two that look at the same
// run before either has committed would both add its outcomes.
class IngestTransaction {
 public:
  explicit IngestTransaction(Connection& connection);
  void commit(int64_t rows);  // `rows`: how many it added

 private:
  std::unique_lock<std::mutex> one_at_a_time_;
  Transaction transaction_;
};

// REQUIRES: an IngestTransaction on the connection. Throws an Error (spec) where the journal is none, or is
// not that of which something was taken in before; then the transaction must not be committed.
Ingested ingest_lines(Connection& connection, const JournalFile& journal, Origin origin);

// The plan here, `likely` before others, that has the run's tests; kNoPlan: none.
int64_t plan_of_run(Connection& connection, const std::string& run_id, int64_t likely);

}  // namespace testloom
