// How long planning takes, against the floor: `CREATE TABLE ... AS SELECT` of as many rows with seven integer
// columns from range(), in a store of its own, durable, on as many threads.
//
//   cmake -S . -B build-bench -G Ninja -DTESTLOOM_BENCH=ON -DTESTLOOM_TESTS=OFF -DTESTLOOM_PYTHON_MODULE=OFF
//   cmake --build build-bench --target bench_plan
//   build-bench/bench_plan FOLDER [MODELS [HARDWARE [BATCH_SIZES [ROUNDS [CONFIGS]]]]]
//
// Input: MODELS (20,000) made-up hub names in a Parquet file, HARDWARE (5) hardware types and BATCH_SIZES
// (10) batch sizes, with the shipped templates. Some names say a size, such as 7b. With CONFIGS (0) every
// model has a config too, one of so many different ones, each of which is estimated for itself. In every
// round all sides run one after the other:
//
//   floor     the bare table
//   plan      opens a new store with the templates in it, plans, closes it: what `testloom plan --yes` does
//   again     the same once more: nothing changed
//   edited    one template has changed
//
// Printed are medians, the ratio to the floor of the same round, bytes a test on disk, and the peak of memory
// of a process that does nothing else (the program runs itself again for that).
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>

#include <fmt/format.h>

#include "rounds.h"

#include "catalog/templates.h"
#include "plan/planner.h"
#include "store/store.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Names as they are on the hub: organisation, a known architecture or none, size, suffix; and configs of a
// kind for each family, whose depth differs.
void write_models(const fs::path& file, int64_t models, int64_t configs) {
  constexpr std::string_view sql = R"sql(
COPY (SELECT list_extract(['google', 'facebook', 'acme-labs', 'TheBloke', 'user', 'org'], (hash(i) % 6 + 1)::INT)
             || (i // 7)::VARCHAR || '/'
             || list_extract(['bert-base', 'vit-large', 'Llama-3', 'Qwen2-VL', 'whisper-small', 'gpt2', 't5-xl', 'resnet',
                              'clip-vit', 'my-model', 'finetuned', 'mistral'], (hash(i + 1) % 12 + 1)::INT)
             || list_extract(['', '', '-7b', '-1.1B', '-350M', '-70b'], (hash(i + 3) % 6 + 1)::INT) || '-' || (i % 1000)::VARCHAR
             || list_extract(['', '-uncased', '-instruct', '-v2', '-GGUF'], (hash(i + 2) % 5 + 1)::INT) AS name{}
      FROM range({}) t(i)) TO '{}' (FORMAT parquet)
)sql";
  constexpr std::string_view config = R"sql(,
  json_object('model_type', list_extract(['llama', 'bert', 'vit', 'whisper', 'gpt2'], (hash(i + 5) % 5 + 1)::INT),
              'num_hidden_layers', 12, 'initializer_range', (i % {}) / 1000.0) AS config)sql";
  Database database(":memory:", Access::read_write);
  Connection connection(database.handle());
  connection.execute(
      fmt::format(sql, configs > 0 ? fmt::format(config, configs) : "", models, file.native()));
}

PlanSpec spec_for(const fs::path& models, int64_t hardware_types, int64_t batch_sizes) {
  std::vector<std::string> names = {"cpu", "cuda", "rocm", "mps", "tpu"};
  for (int64_t i = 5; i < hardware_types; ++i) names.push_back(fmt::format("hw{}", i));
  names.resize(static_cast<size_t>(hardware_types));
  std::vector<int64_t> sizes;
  for (int64_t i = 0; i < batch_sizes; ++i) sizes.push_back(int64_t{1} << i);
  PlanSpec spec = spec_of_flags("bench", {}, names, sizes);
  spec.models.push_back({"", models, {}});
  return spec;
}

int64_t plan(const fs::path& store_path, const PlanSpec& spec) {
  const auto store = open_store(store_path, OpenMode::write);
  std::vector<std::string> notes;
  return make_plan(*store, spec, notes, [](const PlanSummary&) { return true; }).tests;
}

void make_store(const fs::path& path) {
  fs::remove(path);
  const auto store = open_store(path, OpenMode::create);
  add_shipped_templates(store->connection());
}

void edit(const fs::path& path) {
  const auto store = open_store(path, OpenMode::write);
  std::vector<std::string> notes;
  add_template(store->connection(),
               {"vision", "vision", {}, "def test_it():\n    return ${batch_size}\n", {}, ""}, notes);
}

void floor(const fs::path& path, int64_t tests) {
  fs::remove(path);
  Database database(path, Access::read_write);
  Connection connection(database.handle());
  connection.execute(
      fmt::format("CREATE TABLE t AS SELECT (i // 50)::INTEGER a, (i % 50)::INTEGER b, (i % 7)::INTEGER c, "
                  "(i % 10)::INTEGER d, (i % 5)::INTEGER e, (i * 7 % 1000)::INTEGER f, 1::INTEGER g FROM "
                  "range({}) t(i); CHECKPOINT",
                  tests));
}

// The peak of memory in MiB of a child that runs `action`.
double peak_of(const std::function<void()>& action) {
  const pid_t child = fork();
  if (child == 0) {
    action();
    _exit(0);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void measure(const fs::path& base, int64_t models, int64_t hardware_types, int64_t batch_sizes, int rounds,
             int64_t configs) {
  const fs::path list = base / "models.parquet", store = base / "plan.duckdb";
  const double peak = peak_of([&] { write_models(list, models, configs); });
  (void)peak;
  const PlanSpec spec = spec_for(list, hardware_types, batch_sizes);
  make_store(store);
  const auto empty = fs::file_size(store);
  int64_t tests = 0;
  const double memory = peak_of([&] { plan(store, spec); });
  const auto full = fs::file_size(store);
  std::vector<std::vector<double>> seconds(4);
  for (int round = 0; round < rounds; ++round) {
    const auto timed = [&](size_t side, const std::function<void()>& action) {
      const double begin = seconds_now();
      action();
      seconds[side].push_back(seconds_now() - begin);
    };
    make_store(store);
    if (round == 0) tests = plan(store, spec), make_store(store);
    timed(0, [&] { floor(base / "floor.duckdb", tests); });
    timed(1, [&] { plan(store, spec); });
    timed(2, [&] { plan(store, spec); });
    edit(store);
    timed(3, [&] { plan(store, spec); });
  }
  fmt::print("{} tests of {} models, {} rounds\n", tests, models, rounds);
  constexpr const char* names[] = {"floor", "plan", "again", "edited"};
  print_sides(names, seconds);
  fmt::print("{:.2f} bytes a test on disk, {:.0f} MiB at the peak\n",
             static_cast<double>(full - empty) / static_cast<double>(tests), memory);
}

}  // namespace
}  // namespace testloom

int main(int count, char** arguments) {
  if (count < 2 || count > 7) {
    std::fputs("usage: bench_plan FOLDER [MODELS [HARDWARE [BATCH_SIZES [ROUNDS [CONFIGS]]]]]\n", stderr);
    return 2;
  }
  const auto number = [&](int at, int64_t fallback) {
    return at < count ? std::atoll(arguments[at]) : fallback;
  };
  return testloom::in_new_folder(arguments[1], [&](const std::filesystem::path& folder) {
    testloom::measure(folder, number(2, 20000), number(3, 5), number(4, 10), static_cast<int>(number(5, 3)),
                      number(6, 0));
  });
}
