// The journal: what is written comes into the store once, whatever is cut off or ingested again.
#include "engine/journal.h"

#include <fstream>

#include "base/clock.h"
#include "engine/run.h"
#include "support/store_fixture.h"

namespace testloom {
namespace {

class JournalTest : public StoreFixture {
 protected:
  RunInfo info(const std::string& run_id) {
    return {run_id, 1, utc_now_microseconds(), "local", "python3", "host", "{}"};
  }

  static Outcome outcome_of(const std::string& last_digits, std::string_view word) {
    Outcome result;
    result.test_id = "00000000-0000-8000-8000-0000000000" + last_digits;
    result.case_name = "m'\n\"/cpu/t[batch_size=1]";
    result.outcome = word;
    result.started_at_us = utc_now_microseconds();
    result.result_json = R"({"latency_s": {"p50": 0.5}})";
    return result;
  }
};

TEST_F(JournalTest, IngestingTwiceChangesNothing) {
  {
    Journal journal(store->path(), info("r1"));
    journal.append(outcome_of("01", outcome::passed));
    EXPECT_EQ(ingest_journal(*store, journal.path()), 1);
    journal.append(outcome_of("02", outcome::failed));
    EXPECT_EQ(ingest_pending(*store, notes), 1) << "while it is being written";
    journal.finish();
  }
  EXPECT_EQ(pending_journals(store->path()).size(), 1u) << "a journal in use is not put away";
  EXPECT_EQ(ingest_pending(*store, notes), 0);
  EXPECT_TRUE(pending_journals(store->path()).empty());
  EXPECT_EQ(rows("SELECT outcome, \"case\", result->'latency_s'->>'p50' FROM outcomes ORDER BY test_id"),
            (std::vector<std::string>{"passed|m'\n\"/cpu/t[batch_size=1]|0.5",
                                      "failed|m'\n\"/cpu/t[batch_size=1]|0.5"}));
  EXPECT_EQ(rows("SELECT run_id, (ended_at IS NOT NULL)::VARCHAR FROM runs"),
            (std::vector<std::string>{"r1|true"}));
}

TEST_F(JournalTest, ALineCutShortIsLeftOutAndTheRestIsTaken) {
  {
    Journal journal(store->path(), info("r1"));
    journal.append(outcome_of("01", outcome::passed));
  }
  const auto path = pending_journals(store->path()).front();
  std::ofstream(path, std::ios::app) << to_json_line(outcome_of("02", outcome::passed)).substr(0, 60);
  EXPECT_EQ(ingest_pending(*store, notes), 1);
  EXPECT_EQ(rows("SELECT count(*)::VARCHAR FROM outcomes"), std::vector<std::string>{"1"});
}

TEST_F(JournalTest, EveryPrefixOfAJournalCanBeIngested) {
  {
    Journal journal(store->path(), info("r1"));
    for (const char* digits : {"01", "02", "03"}) journal.append(outcome_of(digits, outcome::passed));
  }
  const auto path = pending_journals(store->path()).front();
  std::ifstream file(path, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  for (size_t size = 0; size < whole.size(); size += 37) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    connection().execute("DELETE FROM outcomes; DELETE FROM runs");
    const auto lines = std::count(whole.begin(), whole.begin() + static_cast<int64_t>(size), '\n');
    const int64_t added = ingest_journal(*store, path);
    EXPECT_GE(added, std::max<int64_t>(0, lines - 1)) << size;
    EXPECT_LE(added, lines) << size;
  }
}

}  // namespace
}  // namespace testloom
