#include "plan/snapshot.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "plan/stored_plans.h"
#include "store/schema.h"
#include "store/sql_text.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kName = "\"testloom snapshot\"";

// A file of this name beside the snapshot's, until it is whole.
class Unfinished {
 public:
  explicit Unfinished(const fs::path& file) : path_(file) {
    path_ += fmt::format(".{}.new", ::getpid());
    drop();
  }
  ~Unfinished() { drop(); }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  const fs::path& path() const { return path_; }

 private:
  void drop() {
    std::error_code error;
    fs::remove(path_, error);
    fs::remove(path_.native() + ".wal", error);
  }
  fs::path path_;
};

class Attached {
 public:
  Attached(Connection& connection, const fs::path& path) : connection_(connection) {
    connection_.execute(fmt::format("ATTACH {} AS {}", sql_text(path.native()), kName));
  }
  ~Attached() {
    try {
      connection_.execute(fmt::format("DETACH {}", kName));
    } catch (const Error&) {
      // The database takes no statement any more.
    }
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  Connection& connection_;
};

// Templates that the plan's tests, skips and pins refer to, with all their versions, so that the snapshot
// holds together as a store.
constexpr std::string_view kTemplatesSql = R"sql(
CREATE OR REPLACE TEMP TABLE exported_templates AS
SELECT template_id FROM template_versions WHERE version_id IN (
  SELECT version_id FROM plan_cells WHERE plan_id = {0} UNION ALL SELECT version_id FROM plan_skips WHERE plan_id = {0}
  UNION ALL SELECT version_id FROM needs WHERE plan_id = {0} UNION ALL SELECT needed_version_id FROM needs WHERE plan_id = {0})
UNION SELECT template_id FROM plan_models WHERE plan_id = {0} AND template_id IS NOT NULL
UNION SELECT template_id FROM model_mapping WHERE template_id IS NOT NULL
  AND model_name IN (SELECT model_name FROM plan_models WHERE plan_id = {0})
)sql";

void copy_rows(Connection& connection, std::string_view table, const std::string& condition) {
  connection.query(
      fmt::format("INSERT INTO {0}.{1} BY NAME SELECT * FROM {1} WHERE {2}", kName, table, condition));
}

void copy_plan(Connection& connection, int64_t plan_id) {
  for (const char* table : kPlanTables) copy_rows(connection, table, fmt::format("plan_id = {}", plan_id));
  const std::string models =
      fmt::format("model_name IN (SELECT model_name FROM plan_models WHERE plan_id = {})", plan_id);
  copy_rows(connection, "models", models);
  copy_rows(connection, "model_mapping", models);
  connection.execute(fmt::format(kTemplatesSql, plan_id));
  const std::string templates = "template_id IN (SELECT template_id FROM exported_templates)";
  copy_rows(connection, "templates", templates);
  copy_rows(connection, "template_versions", templates);
  copy_rows(connection, "template_parts",
            fmt::format("version_id IN (SELECT version_id FROM template_versions WHERE {})", templates));
  connection.execute("DROP TABLE exported_templates");
}

void fill(Connection& connection, int64_t plan_id, const fs::path& file) {
  const Attached attached(connection, file);
  Transaction transaction(connection);
  copy_plan(connection, plan_id);
  connection.query(fmt::format("UPDATE {}.store_info SET created_by = ?", kName), {kSnapshotMaker});
  transaction.commit();
  connection.execute(fmt::format("CHECKPOINT {}", kName));
}

}  // namespace

fs::path export_plan(Store& store, int64_t plan_id, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw_file_error(ErrorKind::store, "make the folder", folder, error.value());
  fs::path file = folder / "testloom.duckdb";
  if (fs::exists(file)) {
    throw Error(ErrorKind::usage, fmt::format("{} is there already", quote(file.native(), 400)),
                "name another folder, or remove it first");
  }
  const Unfinished unfinished(file);
  open_store(unfinished.path(), OpenMode::create);
  fill(store.connection(), plan_id, unfinished.path());
  // That nobody writes to it by accident; a run sees by it that it need not try.
  ::chmod(unfinished.path().c_str(), 0444);
  if (::rename(unfinished.path().c_str(), file.c_str()) != 0)
    throw_file_error(ErrorKind::store, "write", file, errno);
  sync_folder(folder);
  return file;
}

}  // namespace testloom
