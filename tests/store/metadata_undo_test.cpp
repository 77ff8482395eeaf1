#include "store/metadata_undo.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "store/store.h"
#include "support/temporary_folder.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// A store and its undo as a process leaves them that is killed after it made the copy.
class Killed : public ::testing::Test {
 protected:
  Killed() {
    const fs::path path = folder.path() / "made.duckdb";
    open_store(path, OpenMode::create)->connection().execute(kInsert);
    const auto store = open_store(path, OpenMode::write);
    store->connection().execute("CREATE TEMP TABLE nothing (i INTEGER)");
    content = bytes_of(path);
    undo = bytes_of(path.native() + ".undo");
  }

  // The place of the first block that the copy has, which the copy says after its header of four numbers.
  size_t block() const {
    uint64_t bytes = 0, number = 0;
    std::memcpy(&bytes, undo.data() + 16, sizeof bytes);
    std::memcpy(&number, undo.data() + 32, sizeof number);
    return 3 * 4096 + number * bytes;
  }

  // What opening these bytes says: how many models are mapped, or the error.
  std::string opened(OpenMode mode) {
    const fs::path path = folder.path() / "left.duckdb";
    write(path, content);
    write(path.native() + ".undo", undo);
    try {
      const auto store = open_store(path, mode);
      Result rows = store->connection().query("SELECT count(*) FROM model_mapping");
      rows.next();
      EXPECT_FALSE(has_undo(path));
      return std::to_string(rows.integer(0));
    } catch (const Error& error) {
      return error.message();
    }
  }

  static constexpr const char* kInsert = "INSERT INTO model_mapping VALUES (1, 'm', 'vision', NULL, NULL)";
  TemporaryFolder folder;
  std::string content, undo;
};

TEST_F(Killed, TornBlockIsPutBackForReadersAndWriters) {
  for (const OpenMode mode : {OpenMode::read, OpenMode::write}) {
    content[block() + 200'000] ^= 1;
    EXPECT_EQ(opened(mode), "1");
    const std::string mended = bytes_of(folder.path() / "left.duckdb");
    EXPECT_EQ(mended[block() + 200'000] ^ 1, content[block() + 200'000]);
    content = mended;
  }
}

TEST_F(Killed, NothingIsPutBackFromACopyThatIsCutOrDamaged) {
  content[block() + 200'000] ^= 1;
  const std::string whole = undo;
  undo.pop_back();
  EXPECT_NE(opened(OpenMode::write).find("Corrupt database file"), std::string::npos);
  undo = whole;
  for (size_t at = 40; at < undo.size(); at += 1000) undo[at] ^= 1;
  EXPECT_NE(opened(OpenMode::write).find("Corrupt database file"), std::string::npos);
  undo = "short";
  EXPECT_NE(opened(OpenMode::write).find("Corrupt database file"), std::string::npos);
}

TEST_F(Killed, NothingIsPutBackAfterACheckpointThatCameToItsEnd) {
  content[block() + 200'000] ^= 1;
  undo[8] += 1;  // the number of the checkpoint
  EXPECT_NE(opened(OpenMode::write).find("Corrupt database file"), std::string::npos);
}

TEST(MetadataUndo, FollowsCheckpointsAndGoesWithTheStore) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.duckdb";
  { open_store(path, OpenMode::create); }
  {
    const auto store = open_store(path, OpenMode::write);
    EXPECT_FALSE(has_undo(path)) << "nothing was written yet";
    store->connection().execute("CREATE TABLE one (i INTEGER)");
    const std::string first = bytes_of(path.native() + ".undo");
    store->connection().execute("CHECKPOINT");
    EXPECT_EQ(bytes_of(path.native() + ".undo"), first);
    store->connection().query("INSERT INTO one VALUES (?)", {int64_t{1}});
    EXPECT_NE(bytes_of(path.native() + ".undo"), first);
  }
  EXPECT_FALSE(has_undo(path));
  EXPECT_FALSE(fs::exists(path.native() + ".wal"));
}

}  // namespace
}  // namespace testloom
