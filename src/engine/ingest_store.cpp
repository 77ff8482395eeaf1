#include "engine/ingest_store.h"

#include <atomic>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "engine/ingest.h"
#include "store/schema.h"
#include "store/sql_text.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

int64_t number(Connection& connection, const std::string& sql) {
  Result rows = connection.query(sql);
  return rows.next() && !rows.is_null(0) ? rows.integer(0) : 0;
}

void check_runs(Connection& connection, const std::string& other) {
  Result rows = connection.query(fmt::format(
      "SELECT o.run_id FROM {}.runs o JOIN runs r USING (run_id) WHERE o.started_at <> r.started_at OR "
      "coalesce(o.host, '') <> coalesce(r.host, '') ORDER BY 1 LIMIT 1",
      other));
  if (!rows.next()) return;
  throw Error(ErrorKind::spec,
              fmt::format("it has another run {} than the store, that began at another time or elsewhere",
                          one_line(rows.text(0))),
              "two runs have one id: keep them in stores of their own");
}

// Both have some of a run's journal from its beginning on: together as much as the longer one. Where one of
// them does not say how much, together they do not either.
constexpr std::string_view kUpdateRunsSql = R"sql(
UPDATE runs r SET ended_at = greatest(r.ended_at, o.ended_at),
  journal_bytes = CASE WHEN r.journal_bytes IS NULL OR o.journal_bytes IS NULL THEN NULL
                       ELSE greatest(r.journal_bytes, o.journal_bytes) END
FROM {}.runs o
WHERE o.run_id = r.run_id
  AND (r.ended_at, r.journal_bytes) IS DISTINCT FROM (greatest(r.ended_at, o.ended_at),
       CASE WHEN r.journal_bytes IS NULL OR o.journal_bytes IS NULL THEN NULL
            ELSE greatest(r.journal_bytes, o.journal_bytes) END)
)sql";

int64_t add_outcomes(Connection& connection, const std::string& other) {
  Result rows = connection.query(fmt::format(
      "INSERT INTO outcomes BY NAME SELECT o.* FROM {}.outcomes o WHERE NOT EXISTS (SELECT 1 FROM "
      "outcomes h "
      "WHERE h.run_id = o.run_id AND h.test_id = o.test_id AND h.repetition = o.repetition AND h.attempt = "
      "o.attempt)",
      other));
  return rows.next() ? rows.integer(0) : 0;
}

}  // namespace

OtherStore::OtherStore(Connection& connection, const fs::path& path) : connection_(connection) {
  static std::atomic<int64_t> count = 0;
  name_ = fmt::format("\"testloom other {}\"", ++count);  // not what a store's file may be called
  try {
    connection_.execute(fmt::format("ATTACH {} AS {} (READ_ONLY)", sql_text(path.native()), name_));
  } catch (const Error& error) {
    const bool is_locked = error.message().find("Could not set lock") != std::string::npos;
    throw Error(
        ErrorKind::spec, is_locked ? "another process writes to it" : error.message(),
        is_locked ? "try again when it has ended, or take in its journals" : "restore it from a copy");
  }
  try {
    check_schema();
  } catch (const Error&) {
    detach();
    throw;
  }
}

OtherStore::~OtherStore() { detach(); }

void OtherStore::detach() {
  try {
    connection_.execute("DETACH " + name_);
  } catch (const Error&) {
    // The database takes no statement any more.
  }
}

void OtherStore::check_schema() {
  int64_t version = 0;
  try {
    version = number(connection_, fmt::format("SELECT max(schema_version) FROM {}.store_info", name_));
  } catch (const Error&) {
    throw Error(ErrorKind::spec, "it is no testloom store",
                "name a store, a journal or a folder of journals");
  }
  if (version == kSchemaVersion) return;
  throw Error(ErrorKind::spec,
              fmt::format("it is of schema {}, and this testloom knows {}", version, kSchemaVersion),
              version < kSchemaVersion ? "upgrade a copy of it: `testloom plan list --store COPY`"
                                       : "update testloom");
}

IngestedStore ingest_store(Connection& connection, const OtherStore& other) {
  const std::string& name = other.name();
  check_runs(connection, name);
  const std::string new_runs =
      fmt::format("FROM {}.runs WHERE run_id NOT IN (SELECT run_id FROM runs)", name);
  std::vector<std::pair<std::string, int64_t>> added;
  {
    Result rows = connection.query("SELECT run_id, plan_id " + new_runs + " ORDER BY 1");
    while (rows.next()) added.emplace_back(rows.text(0), rows.integer(1));
  }
  connection.query(fmt::format(kUpdateRunsSql, name));
  connection.query("INSERT INTO runs BY NAME SELECT * " + new_runs);
  IngestedStore taken{number(connection, fmt::format("SELECT count(*) FROM {}.runs", name)),
                      static_cast<int64_t>(added.size()), add_outcomes(connection, name)};
  for (const auto& [run_id, plan_id] : added) {
    connection.query("UPDATE runs SET plan_id = ? WHERE run_id = ?",
                     {plan_of_run(connection, run_id, plan_id), run_id});
  }
  return taken;
}

}  // namespace testloom
