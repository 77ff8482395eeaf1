// How long it takes to take a journal into a store, against the floor: DuckDB's own read_ndjson of the same
// file into a bare table, durable, on as many threads.
//
//   cmake -S . -B build-bench -G Ninja -DTESTLOOM_BENCH=ON -DTESTLOOM_TESTS=OFF -DTESTLOOM_PYTHON_MODULE=OFF
//   cmake --build build-bench --target bench_ingest
//   build-bench/bench_ingest FOLDER [RESULTS [ROUNDS]]
//
// Input: a journal of RESULTS (1,000,000) lines as to_json_line makes them, of made-up tests with random ids;
// one in twenty failed and has a traceback. In every round all sides run one after the other, each with a new
// file:
//
//   floor     CREATE TABLE AS SELECT * FROM read_ndjson(), with the columns' types given
//   appended  the lines read by one thread and put into `outcomes` by DuckDB's appender
//   ingest    opens a new store, takes the journal in, closes it: what a verb does after a kill
//   again     the same once more: nothing is new
//   more      1,000 lines more are in the journal
//
// Printed are medians, and the ratio to the floor of the same round.

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>

#include <fmt/format.h>

#include "rounds.h"

#include "engine/journal.h"
#include "engine/journal_file.h"
#include "engine/journal_lines.h"
#include "store/appender.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Outcome made_up(int64_t i, std::mt19937_64& random) {
  const uint64_t a = random(), b = random();
  Outcome made;
  made.test_id = fmt::format("{:08x}-{:04x}-8{:03x}-9{:03x}-{:012x}", a >> 32, a >> 16 & 0xffff, a & 0xfff,
                             b >> 52, b & 0xffffffffffff);
  made.model_name = fmt::format("org{}/bert-base-{}", i / 350, i / 50 % 1000);
  made.hardware_type = i / 10 % 2 ? "cuda" : "cpu";
  made.batch_size = int64_t{1} << i % 10;
  made.template_name = "text_embedding";
  made.case_name = fmt::format("{}/{}/text_embedding[batch_size={}]", made.model_name, made.hardware_type,
                               made.batch_size);
  made.started_at_us = 1'769'900'000'000'000 + i * 3517;
  made.duration_s = static_cast<double>(a % 1'000'000) / 1e5;
  made.peak_memory_bytes = static_cast<int64_t>(b % 2'000'000'000);
  made.outcome = i % 20 ? outcome::passed : outcome::failed;
  made.slot = made.hardware_type;
  if (i % 20) {
    made.result_json =
        fmt::format(R"({{"success": true, "latency_s": {{"p50": {}, "p95": {}}}}})",
                    static_cast<double>(a % 100'000) / 1e6, static_cast<double>(b % 100'000) / 1e6);
  } else {
    made.error_type = "AssertionError";
    made.error_message = "assert 3 == 4";
    made.traceback = "Traceback (most recent call last):\n  templates/text_embedding.py:31: in test_it\n";
  }
  return made;
}

// Returns the bytes of an average line.
int64_t add_lines(std::ofstream& journal, int64_t begin, int64_t end) {
  std::mt19937_64 random(static_cast<uint64_t>(begin + 1));
  int64_t bytes = 0;
  for (int64_t i = begin; i < end; ++i) {
    const std::string line = to_json_line(made_up(i, random)) + "\n";
    bytes += static_cast<int64_t>(line.size());
    journal << line;
  }
  return bytes / (end - begin);
}

std::string sql_type(const LineKey& key) {
  if (key.name == "test_id") return "UUID";
  switch (key.kind) {
    case KeyKind::text:
      return "VARCHAR";
    case KeyKind::integer:
      return "BIGINT";
    case KeyKind::real:
      return "DOUBLE";
    case KeyKind::json:
      return "JSON";
  }
  return {};
}

void floor(const fs::path& file, const fs::path& journal) {
  fs::remove(file);
  std::string columns;
  for (const LineKey& key : kLineKeys)
    columns += fmt::format("{}\"{}\": '{}'", columns.empty() ? "" : ", ", key.name, sql_type(key));
  Database database(file, Access::read_write);
  Connection(database.handle())
      .execute(fmt::format("SET checkpoint_threshold = '0 bytes'; CREATE TABLE t AS SELECT * FROM "
                           "read_ndjson('{}', ignore_errors = true, columns = {{{}}})",
                           journal.native(), columns));
}

void append_value(Appender& appender, const LineValue& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    appender.add(*text);
  } else if (const auto* integer = std::get_if<int64_t>(&value)) {
    appender.add(*integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    appender.add_real(*real);
  } else {
    appender.add_null();
  }
}

void append_lines(const fs::path& file, const fs::path& path) {
  fs::remove(file);
  Database database(file, Access::read_write);
  Connection connection(database.handle());
  std::string columns;
  for (size_t key = kFirstOutcomeKey; key < kLineKeys.size(); ++key)
    columns += fmt::format("{}\"{}\" {}", columns.empty() ? "" : ", ", kLineKeys[key].name,
                           sql_type(kLineKeys[key]));
  connection.execute(fmt::format("CREATE TABLE t ({})", columns));
  const JournalFile journal(path);
  LineBlocks blocks(journal, 0, journal.whole());
  LineReader reader;
  std::string buffer;
  Transaction transaction(connection);
  Appender appender(connection, "", "t");
  for (std::string_view left = blocks.take(buffer); !left.empty(); left = blocks.take(buffer)) {
    while (!left.empty()) {
      const size_t size = left.find('\n');
      const bool is_outcome = reader.read(left.substr(0, size)) == LineType::outcome;
      left.remove_prefix(size + 1);
      if (!is_outcome) continue;
      for (size_t key = kFirstOutcomeKey; key < kLineKeys.size(); ++key)
        append_value(appender, reader.value(key));
      appender.end_row();
    }
  }
  appender.flush();
  transaction.commit_as_checkpoint();
}

int64_t ingest(const fs::path& store_path, const fs::path& journal) {
  const auto store = open_store(store_path, OpenMode::create);
  return ingest_journal(*store, journal);
}

void measure(const fs::path& base, int64_t results, int rounds) {
  const RunInfo info{"bench", 1, 1'769'900'000'000'000, "local", "python3", "host", "{}", "{}"};
  const fs::path store_path = base / "ingest.duckdb", table = base / "table.duckdb";
  std::vector<std::vector<double>> seconds(5);
  int64_t bytes = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto timed = [&](size_t side, const std::function<void()>& action) {
      const double begin = seconds_now();
      action();
      seconds[side].push_back(seconds_now() - begin);
    };
    fs::remove(store_path);
    fs::remove_all(journal_folder(store_path));
    const fs::path journal = Journal(store_path, info).path();
    std::ofstream file(journal, std::ios::app);
    bytes = add_lines(file, 0, results);
    file.flush();
    JournalFile(journal).whole();  // on the disk before anything is measured
    timed(0, [&] { floor(table, journal); });
    timed(1, [&] { append_lines(table, journal); });
    timed(2, [&] {
      if (ingest(store_path, journal) != results) throw Error(ErrorKind::store, "not all were taken in");
    });
    timed(3, [&] { ingest(store_path, journal); });
    add_lines(file, results, results + 1000);
    file.flush();
    timed(4, [&] {
      if (ingest(store_path, journal) != 1000) throw Error(ErrorKind::store, "not all were taken in");
    });
  }
  fmt::print("{} results of {} bytes, {} rounds\n", results, bytes, rounds);
  constexpr const char* names[] = {"floor", "appended", "ingest", "again", "more"};
  print_sides(names, seconds);
}

}  // namespace
}  // namespace testloom

int main(int count, char** arguments) {
  if (count < 2 || count > 4) {
    std::fputs("usage: bench_ingest FOLDER [RESULTS [ROUNDS]]\n", stderr);
    return 2;
  }
  const auto number = [&](int at, int64_t fallback) {
    return at < count ? std::atoll(arguments[at]) : fallback;
  };
  return testloom::in_new_folder(arguments[1], [&](const std::filesystem::path& folder) {
    testloom::measure(folder, number(2, 1'000'000), static_cast<int>(number(3, 3)));
  });
}
