// The journal's writer: what was appended is in the file and soon on the disk, and a full or failing disk
// says so and spoils nothing.
#include "engine/journal.h"

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include "engine/journal_fixture.h"

namespace testloom {
namespace {

class JournalTest : public JournalFixture {};

// Files of this process may not become longer than so, as on a full disk.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(JournalTest, ALineIsInTheFileWhenAppendReturns) {
  Journal journal(store->path(), info("r1"));
  journal.append(outcome_of("01", outcome::passed));
  EXPECT_EQ(content(journal.path()).substr(content(journal.path()).find('\n') + 1),
            to_json_line(outcome_of("01", outcome::passed)) + "\n");
}

TEST_F(JournalTest, LinesGetToTheDiskByThemselves) {
  std::atomic<int64_t> synced = 0;
  const auto path = journal_folder(store->path()) / "r1.jsonl";
  Journal journal(store->path(), info("r1"), [&](int descriptor) {
    synced = ::lseek(descriptor, 0, SEEK_END);
    return ::fdatasync(descriptor);
  });
  journal.append(outcome_of("01", outcome::passed));
  const auto whole = static_cast<int64_t>(std::filesystem::file_size(path));
  while (synced < whole) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(synced, whole);
}

TEST_F(JournalTest, SyncWaitsForAllThatWasAppended) {
  std::atomic<int64_t> synced = 0;
  Journal journal(store->path(), info("r1"), [&](int descriptor) {
    const int64_t size = ::lseek(descriptor, 0, SEEK_END);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    synced = size;
    return 0;
  });
  for (int i = 0; i < 5; ++i) {
    journal.append(outcome_of("01", outcome::passed));
    journal.append(outcome_of("02", outcome::passed));
    journal.sync();
    EXPECT_EQ(synced, static_cast<int64_t>(std::filesystem::file_size(journal.path())));
  }
}

TEST_F(JournalTest, ADiskThatFailsIsSaidByTheNextAppendAndFromThenOn) {
  std::atomic<bool> fails = false;
  Journal journal(store->path(), info("r1"), [&](int) {
    errno = EIO;
    return fails ? -1 : 0;
  });
  fails = true;
  journal.append(outcome_of("01", outcome::passed));
  const auto refused = [](const auto& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.kind() == ErrorKind::engine &&
             error.message().find("r1.jsonl': Input/output error") != std::string::npos;
    }
    return false;
  };
  EXPECT_TRUE(refused([&] { journal.sync(); }));
  const std::string before = content(journal.path());
  EXPECT_TRUE(refused([&] { journal.append(outcome_of("02", outcome::passed)); }));
  fails = false;
  EXPECT_TRUE(refused([&] { journal.finish(); })) << "what was lost is not found again by a later sync";
  EXPECT_EQ(content(journal.path()), before);
}

TEST_F(JournalTest, ALineThatWasCutByAFullDiskIsTakenBack) {
  Journal journal(store->path(), info("r1"));
  journal.append(outcome_of("01", outcome::passed));
  const std::string before = content(journal.path());
  for (const size_t left : {0u, 1u, 40u}) {
    const FileLimit limit(before.size() + left);
    try {
      journal.append(outcome_of("02", outcome::passed));
      FAIL() << "there was no room";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::engine);
      EXPECT_NE(error.message().find("cannot write the journal"), std::string::npos) << error.message();
    }
    EXPECT_EQ(content(journal.path()), before);
  }
  journal.append(outcome_of("02", outcome::passed));
  journal.finish();
  EXPECT_EQ(ingest_journal(*store, journal.path()), 2);
}

TEST_F(JournalTest, ARunGoesOnInItsJournal) {
  const auto ended = [&] { return rows("SELECT (ended_at IS NOT NULL)::VARCHAR FROM runs"); };
  { Journal(store->path(), info("r1")).append(outcome_of("01", outcome::passed)); }
  const auto path = pending_journals(store->path()).front();
  std::ofstream(path, std::ios::app) << R"({"type": "outcome", "test_i)";  // the kill
  {
    Journal journal(store->path(), info("r1"));
    journal.append(outcome_of("02", outcome::passed));
    journal.finish();
  }
  EXPECT_EQ(ingest_pending(*store, notes), 2);
  EXPECT_EQ(ended(), std::vector<std::string>{"true"});
  EXPECT_TRUE(pending_journals(store->path()).empty());
  {
    Journal journal(store->path(), info("r1"));
    EXPECT_EQ(journal.path(), path) << "not under the name that says it is in the store";
    journal.append(outcome_of("03", outcome::passed));
    EXPECT_EQ(ingest_journal(*store, path), 1);
    EXPECT_EQ(ended(), std::vector<std::string>{"false"});
    EXPECT_THROW(Journal(store->path(), info("r1")), Error) << "it is going on";
  }
  EXPECT_EQ(ingest_pending(*store, notes), 0);
  EXPECT_EQ(count_outcomes(), "3");
  EXPECT_EQ(notes, std::vector<std::string>{});
}

TEST_F(JournalTest, ARunWhoseJournalIsGoneGoesOnInANewOne) {
  killed_run("r1", {"01", "02", "03"});
  EXPECT_EQ(ingest_pending(*store, notes), 3);
  std::filesystem::remove_all(journal_folder(store->path()));
  RunInfo later = info("r1");
  later.started_at_us += 1'000'000;
  later.is_resumed = true;
  {
    Journal journal(store->path(), later);
    journal.append(outcome_of("03", outcome::failed));
    journal.append(outcome_of("04", outcome::passed));
    EXPECT_EQ(ingest_journal(*store, journal.path()), 1);
    journal.append(outcome_of("05", outcome::passed));
  }
  EXPECT_EQ(ingest_pending(*store, notes), 1);
  EXPECT_EQ(notes, std::vector<std::string>{});
  EXPECT_EQ(rows("SELECT count(*)::VARCHAR, count(DISTINCT test_id)::VARCHAR FROM outcomes"),
            std::vector<std::string>{"5|5"});
}

TEST_F(JournalTest, WithoutRoomForItsFirstLineThereIsNoJournal) {
  {
    const FileLimit limit(10);
    EXPECT_THROW(Journal(store->path(), info("r1")), Error);
  }
  EXPECT_TRUE(std::filesystem::is_empty(journal_folder(store->path())));
}

}  // namespace
}  // namespace testloom
