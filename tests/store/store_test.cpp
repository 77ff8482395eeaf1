// The store's opening: a new file, what is refused and how, and the lock.
#include "store/store.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "store/schema.h"
#include "support/temporary_folder.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

std::string failure(const fs::path& path, OpenMode mode, double wait = 0) {
  try {
    open_store(path, mode, wait);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::store);
    return error.what();
  }
  return "opened";
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Store, CreatesItsSchemaOnceAndOpensAgain) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.duckdb";
  { const auto store = open_store(path, OpenMode::create); }
  const auto store = open_store(path, OpenMode::read);
  Result rows = store->connection().query("SELECT schema_version FROM store_info");
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.integer(0), kSchemaVersion);
  EXPECT_FALSE(rows.next());
}

TEST(Store, RefusesAMissingFileForLookingAndChanging) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "none.duckdb";
  EXPECT_NE(failure(path, OpenMode::read).find("there is no store at"), std::string::npos);
  EXPECT_NE(failure(path, OpenMode::write).find("testloom init"), std::string::npos);
  EXPECT_FALSE(fs::exists(path));
}

TEST(Store, LeavesATextFileAsItIs) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "notes.txt";
  std::ofstream(path) << "just some notes\n";
  EXPECT_NE(failure(path, OpenMode::create).find("is not a store"), std::string::npos);
  EXPECT_EQ(bytes_of(path), "just some notes\n");
}

TEST(Store, RefusesANewerSchemaAndAForeignDatabase) {
  const TemporaryFolder folder;
  const fs::path newer = folder.path() / "newer.duckdb";
  { open_store(newer, OpenMode::create)->connection().execute("UPDATE store_info SET schema_version = 7"); }
  EXPECT_NE(failure(newer, OpenMode::write).find("newer testloom (schema 7"), std::string::npos);
  const fs::path foreign = folder.path() / "foreign.duckdb";
  {
    Database database(foreign, Access::read_write);
    Connection(database.handle()).execute("CREATE TABLE birds (name VARCHAR)");
  }
  EXPECT_NE(failure(foreign, OpenMode::create).find("not a testloom store"), std::string::npos);
}

TEST(Store, SharesOneDatabaseWithinAProcess) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.duckdb";
  const auto first = open_store(path, OpenMode::create);
  const auto second = open_store(path, OpenMode::write);
  first->connection().execute("INSERT INTO model_mapping VALUES (1, 'm', 'vision', NULL, NULL)");
  Result rows = second->connection().query("SELECT count(*) FROM model_mapping");
  rows.next();
  EXPECT_EQ(rows.integer(0), 1);
}

TEST(Store, NamesTheProcessThatHoldsTheLock) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.duckdb";
  { const auto store = open_store(path, OpenMode::create); }
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = open_store(path, OpenMode::write);
    const char byte = 'x';
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    ::pause();
  }
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const std::string message = failure(path, OpenMode::write, 0.2);
  EXPECT_NE(message.find("locked by process " + std::to_string(child)), std::string::npos) << message;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(failure(path, OpenMode::write, 5), "opened");
}

TEST(Store, UpgradesAStoreOfTheOriginalCodeAndKeepsACopy) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "old.duckdb";
  {
    Database database(path, Access::read_write);
    Connection(database.handle())
        .execute(
            "CREATE TABLE templates (template_id INTEGER PRIMARY KEY, template_name VARCHAR NOT NULL, "
            "model_family "
            "VARCHAR NOT NULL, hardware_type VARCHAR, content VARCHAR NOT NULL, description VARCHAR, "
            "created_at "
            "VARCHAR, updated_at VARCHAR, version INTEGER);"
            "CREATE TABLE model_mapping (mapping_id INTEGER PRIMARY KEY, model_name VARCHAR NOT NULL, "
            "model_family "
            "VARCHAR NOT NULL, template_id INTEGER, description VARCHAR, FOREIGN KEY (template_id) "
            "REFERENCES "
            "templates (template_id));"
            "INSERT INTO templates VALUES (3, 'old', 'vision', 'cuda', 'x = 1', 'kept', '2024-01-02', 'odd "
            "date', 2);"
            "INSERT INTO model_mapping VALUES (8, 'vit', 'vision', 3, NULL), (9, 'bert', 'text_embedding', "
            "NULL, 'b');");
  }
  const auto store = open_store(path, OpenMode::read);
  EXPECT_NE(store->note().find("upgraded"), std::string::npos);
  EXPECT_TRUE(fs::exists(path.native() + ".before-upgrade"));
  Result rows = store->connection().query(
      "SELECT template_id, updated_at, version, (SELECT count(*) FROM template_versions), (SELECT count(*) "
      "FROM "
      "models), (SELECT template_id FROM model_mapping WHERE mapping_id = 8) FROM templates");
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.integer(0), 3);
  EXPECT_EQ(rows.text(1), "odd date");
  EXPECT_EQ(rows.integer(2), 2);
  EXPECT_EQ(rows.integer(3), 1);
  EXPECT_EQ(rows.integer(4), 2);
  EXPECT_EQ(rows.integer(5), 3);
  store->connection().execute("UPDATE model_mapping SET template_id = 99 WHERE mapping_id = 8");
}

}  // namespace
}  // namespace testloom
