#include "engine/ingest.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "engine/journal_lines.h"
#include "engine/line_rows.h"

namespace testloom {

namespace {

std::mutex& ingestion() {
  static std::mutex mutex;
  return mutex;
}

// More rows than this are committed as a checkpoint; see Transaction.
constexpr int64_t kManyRows = 100'000;
// So many bytes of lines are worth more than one thread.
constexpr int64_t kManyBytes = 32 << 20;

// Rows of one statement may be inserted by several threads, in any order.
class AnyOrder {
 public:
  explicit AnyOrder(Connection& connection) : connection_(connection) {
    connection_.execute("SET preserve_insertion_order = false");
  }
  ~AnyOrder() {
    try {
      connection_.execute("RESET preserve_insertion_order");
    } catch (const Error&) {
      // The database takes no statement any more.
    }
  }
  AnyOrder(const AnyOrder&) = delete;
  AnyOrder& operator=(const AnyOrder&) = delete;

 private:
  Connection& connection_;
};

// What the journal's first line says.
struct Head {
  std::string run_id, engine, python, host, environment, settings;
  int64_t plan_id, started_at_us;
  bool is_part;  // the run went on without its first journal
  int64_t end;   // where the line ends
};

Head read_head(const JournalFile& journal) {
  const std::string line = journal.first_line();
  LineReader reader;
  if (reader.read(line) != LineType::run) {
    throw Error(ErrorKind::spec, "it does not begin with its run", "move it away if it is no journal");
  }
  const auto text = [&](size_t key) { return std::string(reader.text(key)); };
  return {text(line_key("run_id")),
          text(line_key("engine")),
          text(line_key("python")),
          text(line_key("host")),
          text(line_key("environment")),
          text(line_key("settings")),
          *reader.integer(line_key("plan_id")),
          *reader.integer(line_key("started_at_us")),
          reader.integer(line_key("resumed_at_us")).has_value(),
          static_cast<int64_t>(line.size()) + 1};
}

// What the store has of a run.
struct KnownRun {
  int64_t plan_id;
  std::optional<int64_t> bytes;  // of its journal; nothing: some lines, taken in by an older testloom
};

std::optional<KnownRun> find_run(Connection& connection, const Head& head) {
  Result rows = connection.query(
      "SELECT plan_id, journal_bytes, epoch_us(started_at) = ?, coalesce(host, '') = ? FROM runs WHERE "
      "run_id "
      "= ?",
      {head.started_at_us, head.host, head.run_id});
  if (!rows.next()) return std::nullopt;
  if (!head.is_part && (!rows.boolean(2) || !rows.boolean(3))) {
    throw Error(ErrorKind::spec,
                fmt::format("the store has another run {}, that began at another time or elsewhere",
                            one_line(head.run_id)),
                "two runs have one id: keep this one in a store of its own");
  }
  return KnownRun{rows.integer(0), rows.is_null(1) ? std::nullopt : std::optional(rows.integer(1))};
}

void add_run(Connection& connection, const Head& head) {
  connection.query(
      "INSERT INTO runs (run_id, plan_id, started_at, engine, python, host, environment, settings) VALUES "
      "(?, "
      "?, make_timestamp(?), ?, ?, ?, TRY_CAST(nullif(?, '') AS JSON), TRY_CAST(nullif(?, '') AS JSON))",
      {head.run_id, head.plan_id, head.started_at_us, head.engine, head.python, head.host, head.environment,
       head.settings});
}

bool has_attempt(Connection& connection, const std::string& run_id, const LineReader& line) {
  return connection
      .query(
          "SELECT 1 FROM outcomes WHERE run_id = ? AND test_id = ?::UUID AND repetition = ? AND attempt = ?",
          {run_id, std::string(line.text(line_key("test_id"))), line.attempt().repetition,
           line.attempt().attempt})
      .next();
}

// That the journal goes on where it was left: its lines up to there end there, and the last is in the store.
void check_goes_on(Connection& connection, const JournalFile& journal, const Head& head, int64_t bytes) {
  if (bytes > journal.whole()) {
    throw Error(ErrorKind::spec,
                fmt::format("it has {} bytes of whole lines, and {} of run {} were taken in before",
                            journal.whole(), bytes, one_line(head.run_id)),
                "it is an older copy or was cut off: the store has more of the run; move it away");
  }
  const Error another(
      ErrorKind::spec,
      fmt::format("its lines are not those that were taken in of run {} before", one_line(head.run_id)),
      "two runs have one id, or the file was changed: keep it in a store of its own");
  char last = 0;
  if (bytes < head.end) throw Error(another);
  journal.read_at(bytes - 1, &last, 1);
  if (last != '\n') throw Error(another);
  const std::string line = journal.last_line(bytes);
  LineReader reader;
  if (reader.read(line) == LineType::outcome && !has_attempt(connection, head.run_id, reader)) {
    throw Error(another);
  }
}

std::string column_of(std::string_view key) {
  return fmt::format("\"{}\"", key == "started_at_us" ? "started_at" : key);
}

// A JSON value that is none is left out, and its outcome kept.
std::string expression_of(const LineKey& key) {
  if (key.name == "test_id") return "test_id::UUID";
  if (key.name == "started_at_us") return "make_timestamp(started_at_us)";
  if (key.name == "axes") return "coalesce(TRY_CAST(axes AS JSON), '{}'::JSON)";
  const std::string column = fmt::format("\"{}\"", key.name);
  return key.kind == KeyKind::json ? fmt::format("TRY_CAST({} AS JSON)", column) : column;
}

// Returns how many rows were added. Those that the store may have already are told by their attempt.
int64_t insert_outcomes(Connection& connection, const LineRows& lines, const std::string& run_id,
                        bool may_have_some) {
  std::string columns = "run_id", values = "$1";
  for (size_t key = kFirstOutcomeKey; key < kLineKeys.size(); ++key) {
    columns += ", " + column_of(kLineKeys[key].name);
    values += ", " + expression_of(kLineKeys[key]);
  }
  std::string sql =
      fmt::format("INSERT INTO outcomes ({}) SELECT {} FROM {} j", columns, values, lines.sql());
  if (may_have_some) {
    sql +=
        " WHERE NOT EXISTS (SELECT 1 FROM outcomes o WHERE o.run_id = $1 AND o.test_id = j.test_id::UUID AND "
        "o.repetition = j.repetition AND o.attempt = j.attempt)";
  }
  Result rows = connection.query(sql, {run_id});
  return rows.next() ? rows.integer(0) : 0;
}

// Of several outcomes of one attempt the one stays that started first. Returns how many went.
int64_t drop_repeated(Connection& connection, const std::string& run_id) {
  Result rows = connection.query(
      "DELETE FROM outcomes WHERE rowid IN (SELECT rowid FROM outcomes WHERE run_id = ? QUALIFY row_number() "
      "OVER (PARTITION BY test_id, repetition, attempt ORDER BY started_at, duration_s, outcome, rowid) > 1)",
      {run_id});
  return rows.next() ? rows.integer(0) : 0;
}

// A run that goes on has not ended.
void set_end(Connection& connection, const std::string& run_id, const LinesSeen& seen) {
  const auto last = std::max(seen.ended_at_us, seen.resumed_at_us);
  if (!last) return;
  connection.query("UPDATE runs SET ended_at = make_timestamp(?::BIGINT) WHERE run_id = ?",
                   {last == seen.ended_at_us ? Parameter(*last) : Parameter(), run_id});
}

// Takes in what stands from `begin` on.
Ingested ingest_from(Connection& connection, const JournalFile& journal, const Head& head, int64_t begin,
                     bool may_have_some) {
  const bool is_much = journal.whole() - begin > kManyBytes;
  const std::optional<AnyOrder> any_order =
      is_much ? std::optional<AnyOrder>(std::in_place, connection) : std::nullopt;
  const LineRows lines(connection, journal, begin, journal.whole());
  int64_t added = insert_outcomes(connection, lines, head.run_id, may_have_some);
  const LinesSeen seen = lines.seen();
  if (seen.has_run) {
    throw Error(ErrorKind::spec, "a second run begins in it",
                "a journal is one run's: take it apart, each with its line of type run");
  }
  if (seen.has_same_twice) added -= drop_repeated(connection, head.run_id);
  if (!head.is_part) {
    connection.query("UPDATE runs SET journal_bytes = ? WHERE run_id = ?", {journal.whole(), head.run_id});
  }
  set_end(connection, head.run_id, seen);
  return {head.run_id, added, seen.left_out, false};
}

}  // namespace

IngestTransaction::IngestTransaction(Connection& connection)
    : one_at_a_time_(ingestion()), transaction_(connection) {}

void IngestTransaction::commit(int64_t rows) {
  rows > kManyRows ? transaction_.commit_as_checkpoint() : transaction_.commit();
}

int64_t plan_of_run(Connection& connection, const std::string& run_id, int64_t likely) {
  constexpr int64_t looked_at = 16;
  Result rows = connection.query(
      "WITH looked_at AS (SELECT DISTINCT test_id, ('0x' || substr(test_id::VARCHAR, 1, 8))::UINTEGER AS "
      "name_hash "
      "FROM outcomes WHERE run_id = $1 ORDER BY test_id LIMIT $2) "
      "SELECT t.plan_id FROM tests t JOIN looked_at s ON t.name_hash = s.name_hash AND t.test_id = s.test_id "
      "GROUP BY "
      "t.plan_id HAVING count(*) = (SELECT count(*) FROM looked_at) ORDER BY t.plan_id = $3 DESC, t.plan_id "
      "DESC "
      "LIMIT 1",
      {run_id, looked_at, likely});
  return rows.next() ? rows.integer(0) : kNoPlan;
}

Ingested ingest_lines(Connection& connection, const JournalFile& journal, Origin origin) {
  if (journal.whole() == 0) return {};
  const Head head = read_head(journal);
  const std::optional<KnownRun> known = find_run(connection, head);
  int64_t begin = head.end;
  if (known && known->bytes && !head.is_part) {
    check_goes_on(connection, journal, head, *known->bytes);
    begin = *known->bytes;
  }
  if (known && begin == journal.whole()) return {head.run_id};
  if (!known) add_run(connection, head);
  Ingested ingested = ingest_from(connection, journal, head, begin, known.has_value());
  ingested.is_new = !known;
  if (origin == Origin::foreign && (!known || known->plan_id == kNoPlan)) {
    connection.query("UPDATE runs SET plan_id = ? WHERE run_id = ?",
                     {plan_of_run(connection, head.run_id, head.plan_id), head.run_id});
  }
  return ingested;
}

}  // namespace testloom
