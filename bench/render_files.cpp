// How long it takes to render a plan into files, against the floor: a bare loop of openat, write and close
// over the same names and contents, on one thread.
//
//   cmake -S . -B build-bench -G Ninja -DTESTLOOM_BENCH=ON -DTESTLOOM_TESTS=OFF -DTESTLOOM_PYTHON_MODULE=OFF
//   cmake --build build-bench --target bench_render_files
//   build-bench/bench_render_files FOLDER [MODELS [BATCH_SIZES [ROUNDS]]]
//
// Input: MODELS (10,000) models of one family and BATCH_SIZES (10) batch sizes on cpu, with the shipped
// template of that family: 100,000 tests of about 6.4 KB in 10,000 folders. A new folder is made in FOLDER;
// it takes about 3 GB for each of the ROUNDS (3), and is removed at the end. In every round all sides run one
// after the other, each time beginning with another one:
//
//   floor       the bare loop, making the folders included; printed once more without that
//   files       FileTree alone, names and contents in memory
//   command     what `testloom tests render` does: opens the store, reads, renders, writes
//   unchanged   the same once more into the same folder: nothing to write
//   changed     FileTree over the files of `files`, each with another text
//
// Printed are medians, and the median of the ratios to the floor of the same round. `command` uses two
// threads and DuckDB's: on a machine that is busy with other things, look at the time of processors. Nothing
// is removed between rounds, since ext4 is many times slower to make files for half a minute after it removed
// some; leave that long between two calls, and let nothing else use the disk.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <functional>

#include <fmt/format.h>

#include "base/file_tree.h"
#include "catalog/models.h"
#include "catalog/templates.h"
#include "plan/file_names.h"
#include "plan/planner.h"
#include "plan/render_tree.h"
#include "store/store.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct File {
  std::string folder;
  std::string name;
  std::string content;
};

int64_t store_plan(const fs::path& store_path, int64_t models, int64_t batch_sizes) {
  const auto store = open_store(store_path, OpenMode::create);
  std::vector<std::string> notes;
  add_shipped_templates(store->connection());
  std::vector<std::string> names;
  std::vector<int64_t> sizes;
  for (int64_t i = 0; i < models; ++i) names.push_back(fmt::format("org/bert-base-{:05}", i));
  for (int64_t i = 1; i <= batch_sizes; ++i) sizes.push_back(i);
  return make_plan(*store, spec_of_flags("bench", names, {"cpu"}, sizes), notes,
                   [](const PlanSummary&) { return true; })
      .plan_id;
}

std::vector<File> files_of(const fs::path& store_path, int64_t plan_id) {
  const auto store = open_store(store_path, OpenMode::read);
  std::vector<File> files;
  TestRenderer renderer;
  TestPlaces places({});
  for_each_test_to_render(store->connection(), {plan_id, {}, {}, {}}, [&](const PlannedTest& test) {
    renderer.load(store->connection(), test);
    TestPlaces::Place place = places.place_of(test, ".py");
    files.push_back({place.folder, std::move(place.name), std::string(renderer.render(test))});
  });
  return files;
}

void check(bool fine) {
  if (fine) return;
  std::perror("bench_render_files");
  std::exit(1);
}

// Returns the seconds that making the folders took.
double bare_loop(const fs::path& root, const std::vector<File>& files) {
  fs::create_directory(root);
  const FileDescriptor folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  double making = 0;
  std::string path;
  const std::string* last = nullptr;
  for (const File& file : files) {
    if (!last || *last != file.folder) {
      const double begin = seconds_now();
      check(::mkdirat(folder.get(), file.folder.c_str(), 0777) == 0);
      making += seconds_now() - begin;
      last = &file.folder;
    }
    path.assign(file.folder).append("/").append(file.name);
    const int descriptor =
        ::openat(folder.get(), path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    check(descriptor >= 0);
    check(::write(descriptor, file.content.data(), file.content.size()) == ssize_t(file.content.size()));
    ::close(descriptor);
  }
  return making;
}

void write_tree(const fs::path& root, const std::vector<File>& files) {
  fs::create_directory(root);
  FileTree tree(root);
  std::string folder;
  for (const File& file : files) {
    if (file.folder != folder) tree.enter(folder = file.folder);
    tree.put(file.name, file.content);
  }
  tree.finish();
}

void render(const fs::path& store_path, int64_t plan_id, const fs::path& root) {
  const auto store = open_store(store_path, OpenMode::read);
  render_tree(store->connection(), {plan_id, {}, {}, {}}, root);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

struct Side {
  const char* name;
  std::function<void(int round)> run;
  std::vector<double> seconds = {};
  std::vector<double> processor = {};  // seconds, of all threads and the kernel for them
};

void print_side(const Side& side, const std::vector<double>& floor, const char* floor_name) {
  std::vector<double> ratios;
  for (size_t i = 0; i < floor.size(); ++i) ratios.push_back(side.seconds[i] / floor[i]);
  fmt::print("{:<10} {:7.3f} s   {:5.2f} of the {}   {:7.3f} s of processors\n", side.name,
             median(side.seconds), median(ratios), floor_name, median(side.processor));
}

void measure(const fs::path& base, int64_t models, int64_t batch_sizes, int rounds) {
  const fs::path store = base / "bench.duckdb";
  const int64_t plan_id = store_plan(store, models, batch_sizes);
  const std::vector<File> files = files_of(store, plan_id);
  std::vector<File> changed = files;
  size_t bytes = 0;
  for (File& file : changed) {
    bytes += file.content.size();
    file.content += "# changed\n";
  }
  fmt::print("{} files in {} folders, {:.1f} MB, {} rounds in {}\n", files.size(), models,
             static_cast<double>(bytes) / 1e6, rounds, base.native());

  const auto root = [&](const char* side, int round) { return base / fmt::format("{}-{}", side, round); };
  std::vector<double> making;
  // Each of the first three begins a round once; what comes after another needs its files.
  std::vector<Side> sides = {
      {"floor", [&](int round) { making.push_back(bare_loop(root("floor", round), files)); }},
      {"files", [&](int round) { write_tree(root("files", round), files); }},
      {"command", [&](int round) { render(store, plan_id, root("command", round)); }},
      {"unchanged", [&](int round) { render(store, plan_id, root("command", round)); }},
      {"changed", [&](int round) { write_tree(root("files", round), changed); }}};
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < sides.size(); ++i) {
      Side& side = sides[i < 3 ? (i + static_cast<size_t>(round)) % 3 : i];
      const double begin = seconds_now();
      const std::clock_t processor = std::clock();
      side.run(round);
      side.processor.push_back(static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC);
      side.seconds.push_back(seconds_now() - begin);
    }
  }
  const std::vector<double> floor = sides[0].seconds;
  std::vector<double> bare = floor;
  for (size_t i = 0; i < bare.size(); ++i) bare[i] -= making[i];
  for (const Side& side : sides) print_side(side, floor, "floor");
  fmt::print("without making folders, the floor is {:.3f} s:\n", median(bare));
  for (size_t i = 1; i < sides.size(); ++i) print_side(sides[i], bare, "floor without folders");
}

}  // namespace
}  // namespace testloom

int main(int count, char** arguments) {
  if (count < 2 || count > 5) {
    std::fputs("usage: bench_render_files FOLDER [MODELS [BATCH_SIZES [ROUNDS]]]\n", stderr);
    return 2;
  }
  const auto number = [&](int at, int fallback) { return at < count ? std::atoi(arguments[at]) : fallback; };
  std::string base = (std::filesystem::absolute(arguments[1]) / "bench-XXXXXX").native();
  testloom::check(::mkdtemp(base.data()) != nullptr);
  int status = 0;
  try {
    testloom::measure(base, number(2, 10000), number(3, 10), number(4, 3));
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    status = 1;
  }
  std::filesystem::remove_all(base);
  return status;
}
