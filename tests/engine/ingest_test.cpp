// Journals come into the store once, whatever is cut off, copied, damaged or ingested again.
#include "engine/ingest.h"

#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "engine/journal_fixture.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

class IngestTest : public JournalFixture {
 protected:
  // What ingesting says is wrong, or how many outcomes were new.
  std::string said(const fs::path& journal) {
    try {
      return std::to_string(ingest_journal(*store, journal));
    } catch (const Error& error) {
      return error.message();
    }
  }
};

TEST_F(IngestTest, IngestingTwiceChangesNothing) {
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
  EXPECT_EQ(rows("SELECT run_id, (ended_at IS NOT NULL)::VARCHAR, settings->>'jobs', host FROM runs"),
            (std::vector<std::string>{"r1|true|1|host"}));
}

TEST_F(IngestTest, ALineCutShortIsLeftOutAndTakenOnceItIsWhole) {
  const fs::path path = killed_run("r1", {"01"});
  const std::string line = to_json_line(outcome_of("02", outcome::passed));
  std::ofstream(path, std::ios::app) << line.substr(0, 60);
  EXPECT_EQ(said(path), "1");
  std::ofstream(path, std::ios::app) << line.substr(60);
  EXPECT_EQ(said(path), "0") << "its end is not there yet";
  std::ofstream(path, std::ios::app) << "\n";
  EXPECT_EQ(said(path), "1");
}

TEST_F(IngestTest, EveryPrefixOfAJournalCanBeIngestedAndGoneOnFrom) {
  const fs::path path = killed_run("r1", {"01", "02", "03"});
  const std::string whole = content(path);
  for (size_t size = 0; size <= whole.size(); size += 37) {
    connection().execute("DELETE FROM outcomes; DELETE FROM runs");
    write(path, whole.substr(0, size));
    const auto lines = std::count(whole.begin(), whole.begin() + static_cast<int64_t>(size), '\n');
    const int64_t first = std::max<int64_t>(0, lines - 1);
    EXPECT_EQ(said(path), std::to_string(first)) << size;
    write(path, whole);
    EXPECT_EQ(said(path), std::to_string(3 - first)) << size;
    EXPECT_EQ(count_outcomes(), "3") << size;
  }
}

TEST_F(IngestTest, OnlyWhatIsNewIsRead) {
  const fs::path path = killed_run("r1", {"01", "02"});
  EXPECT_EQ(said(path), "2");
  std::string bytes = content(path);
  // Were the first outcome read again, it would be another test's.
  const size_t id = bytes.find("000000000001");
  bytes.replace(id, 12, "0000000000aa");
  write(path, bytes + to_json_line(outcome_of("03", outcome::passed)) + "\n");
  EXPECT_EQ(said(path), "1");
  EXPECT_EQ(rows("SELECT right(test_id::VARCHAR, 2) FROM outcomes ORDER BY test_id"),
            (std::vector<std::string>{"01", "02", "03"}));
}

TEST_F(IngestTest, BadLinesAreLeftOutAndTheRestIsTaken) {
  const fs::path path = killed_run("r1", {"01"});
  const std::string whole = to_json_line(outcome_of("02", outcome::passed));
  std::string bad_result = whole;
  bad_result.replace(bad_result.find("0.5"), 3, "0.5.");
  std::ofstream(path, std::ios::app) << "\n"
                                     << whole.substr(0, 50) << "\nnull\n\xff\xfe\n"
                                     << bad_result << "\n{}\n";
  EXPECT_EQ(said(path), "2") << "a result that is no JSON goes, its outcome stays";
  EXPECT_EQ(rows("SELECT (result IS NULL)::VARCHAR FROM outcomes ORDER BY test_id"),
            (std::vector<std::string>{"false", "true"}));
}

TEST_F(IngestTest, LinesThatAreTooLongArePassedOver) {
  const fs::path path = killed_run("r1", {"01"});
  const std::string one = to_json_line(outcome_of("02", outcome::passed));
  {
    std::ofstream file(path, std::ios::app);
    file << one.substr(0, one.size() - 1) << std::string(150 << 20, ' ') << "}\n";
    file << to_json_line(outcome_of("03", outcome::passed)) << "\n";
  }
  EXPECT_EQ(said(path), "2");
}

TEST_F(IngestTest, OfOutcomesOfOneAttemptTheFirstStays) {
  const fs::path path = killed_run("r1", {"01"});
  Outcome later = outcome_of("01", outcome::failed);
  later.started_at_us += 5;
  Outcome second = later;
  second.attempt = 2;
  Outcome repeated = later;
  repeated.repetition = 2;
  std::ofstream(path, std::ios::app) << to_json_line(later) << "\n"
                                     << to_json_line(second) << "\n"
                                     << to_json_line(repeated) << "\n";
  EXPECT_EQ(said(path), "3");
  std::ofstream(path, std::ios::app) << to_json_line(later) << "\n";
  EXPECT_EQ(said(path), "0");
  EXPECT_EQ(rows("SELECT repetition::VARCHAR, attempt::VARCHAR, outcome FROM outcomes ORDER BY ALL"),
            (std::vector<std::string>{"1|1|passed", "1|2|failed", "2|1|failed"}));
}

TEST_F(IngestTest, ACopyElsewhereChangesNothing) {
  const fs::path path = killed_run("r1", {"01", "02"});
  const fs::path copy = folder.path() / "copy of [it]*.jsonl";
  fs::copy_file(path, copy);
  EXPECT_EQ(said(path), "2");
  EXPECT_EQ(said(copy), "0");
  EXPECT_EQ(count_outcomes(), "2");
}

TEST_F(IngestTest, AnotherFileOfTheSameRunIsNotTaken) {
  const fs::path path = killed_run("r1", {"01", "02"});
  const std::string whole = content(path);
  EXPECT_EQ(said(path), "2");
  const size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  write(path, whole.substr(0, last));
  EXPECT_EQ(said(path), "it has " + std::to_string(last) + " bytes of whole lines, and " +
                            std::to_string(whole.size()) + " of run r1 were taken in before");
  write(path, whole.substr(0, last) + to_json_line(outcome_of("99", outcome::passed)) + "\n" + whole);
  EXPECT_EQ(said(path), "its lines are not those that were taken in of run r1 before");
  write(path, whole.substr(0, last) + std::string(2000, ' ') + "\n");
  EXPECT_EQ(said(path), "its lines are not those that were taken in of run r1 before");
  std::string other_host = whole;
  other_host.replace(other_host.find("\"host\": \"host\""), 14, "\"host\": \"boat\"");
  write(path, other_host + to_json_line(outcome_of("03", outcome::passed)) + "\n");
  EXPECT_EQ(said(path), "the store has another run r1, that began at another time or elsewhere");
  EXPECT_EQ(count_outcomes(), "2");
  write(path, whole);
  EXPECT_EQ(said(path), "0");
}

TEST_F(IngestTest, WhatIsNoJournalIsNotTaken) {
  const fs::path path = journal_folder(store->path()) / "r1.jsonl";
  fs::create_directories(path.parent_path());
  write(path, to_json_line(outcome_of("01", outcome::passed)) + "\n");
  EXPECT_EQ(said(path), "it does not begin with its run");
  write(path, std::string(200'000, 'x') + "\n");
  EXPECT_EQ(said(path), "it does not begin with its run");
  write(path, "");
  EXPECT_EQ(said(path), "0") << "of a run that was killed at its start";
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_EQ(said(path), "it is not a regular file");
  fs::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(said(path), "it is not a regular file");
  EXPECT_EQ(ingest_pending(*store, notes), 0);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("r1.jsonl' was not taken in: it is not a regular file"), std::string::npos)
      << notes[0];
}

TEST_F(IngestTest, TwoJournalsInOneFileAreNotTaken) {
  const std::string other = content(killed_run("r2", {"02"}));
  const fs::path path = killed_run("r1", {"01"});
  std::ofstream(path, std::ios::app) << other;
  EXPECT_EQ(said(path), "a second run begins in it");
  EXPECT_EQ(count_outcomes(), "0");
  EXPECT_EQ(rows("SELECT run_id FROM runs"), std::vector<std::string>{});
}

TEST_F(IngestTest, WhatAnOlderTestloomTookInByHalfIsNotDoubled) {
  const fs::path path = killed_run("r1", {"01", "02"});
  EXPECT_EQ(said(path), "2");
  connection().execute(
      "UPDATE runs SET journal_bytes = NULL; DELETE FROM outcomes WHERE test_id::VARCHAR LIKE '%2'");
  std::ofstream(path, std::ios::app) << to_json_line(outcome_of("03", outcome::passed)) << "\n";
  EXPECT_EQ(said(path), "2");
  EXPECT_EQ(rows("SELECT right(test_id::VARCHAR, 2) FROM outcomes ORDER BY test_id"),
            (std::vector<std::string>{"01", "02", "03"}));
  EXPECT_EQ(said(path), "0");
}

// More rows than DuckDB keeps together, and enough bytes for several threads.
TEST_F(IngestTest, ALargeJournalComesInWholly) {
  constexpr int64_t results = 130'000;
  const fs::path path = killed_run("r1", {});
  {
    std::ofstream file(path, std::ios::app);
    Outcome each = outcome_of("00", outcome::passed);
    for (int64_t i = 0; i < results; ++i) {
      each.test_id = fmt::format("00000000-0000-8000-8000-{:012x}", i);
      each.peak_memory_bytes = i;
      file << to_json_line(each) << "\n";
    }
    file << to_json_line(each) << "\n";
  }
  ASSERT_GT(fs::file_size(path), size_t{32} << 20) << "several threads read it";
  EXPECT_EQ(said(path), "130000");
  EXPECT_EQ(
      rows("SELECT count(DISTINCT test_id)::VARCHAR, sum(peak_memory_bytes)::VARCHAR, count(*)::VARCHAR FROM "
           "outcomes"),
      std::vector<std::string>{"130000|" + std::to_string(results * (results - 1) / 2) + "|130000"});
}

TEST_F(IngestTest, ManyAtOnceInOneProcessAddEachOutcomeOnce) {
  const fs::path path = killed_run("r1", {"01", "02", "03"});
  std::atomic<int64_t> added = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back(
          [&] { added += ingest_journal(*open_store(store->path(), OpenMode::write), path); });
    }
  }
  EXPECT_EQ(added, 3);
  EXPECT_EQ(count_outcomes(), "3");
}

}  // namespace
}  // namespace testloom
