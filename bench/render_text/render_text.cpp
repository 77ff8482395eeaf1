// How fast templates are rendered, checked and compiled, held against a loop of memcpy in the same run.
//
//   cmake -S . -B build -DTESTLOOM_BENCH=ON && cmake --build build --target bench_render_text
//   build/bench_render_text
//
// Input 1: the original's example, 1.1 KB, for 100,000 value sets. Input 2: bench/engines/large.py, 12 KB
// with 60 placeholders, 3 conditionals, 2 loops of 5 and one replace, for 10,000 value sets. One thread.
// Values are given to the renderer within the measured time, escaping included. The sides take turns; medians
// of 15 rounds, of the time that the processor worked.
#include <benchmark/benchmark.h>

#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "floor.h"

namespace testloom::bench {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(std::string(TESTLOOM_SOURCE_DIR) + '/' + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The example in docs/original-interface.md: the Python block that has placeholders.
std::string example() {
  const std::string text = read("docs/original-interface.md");
  const size_t mark = text.find("# Test for ${model_name}");
  return text.substr(mark, text.find("```", mark) - mark);
}

struct Input {
  Input(std::string text, size_t count)
      : content(std::move(text)),
        sets(make_value_sets(count)),
        compiled(Template::compile("input.py", content)),
        floor(compiled) {
    for (const ValueSet& set : sets) floor.learn(set);
    for (size_t i = 0; i < 100; ++i) {
      if (floor.text(sets[i]) != floor.render(sets[i]))
        std::cerr << "the floor writes another text\n", std::abort();
    }
  }
  std::string content;
  std::vector<ValueSet> sets;
  Template compiled;
  Floor floor;
};

Input& input(int64_t number) {
  static Input inputs[] = {Input(example(), 100'000), Input(read("bench/engines/large.py"), 10'000)};
  return inputs[number - 1];
}

void renders_a_second(benchmark::State& state, size_t sets) {
  state.counters["texts"] = benchmark::Counter(
      static_cast<double>(sets) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void floor_of(benchmark::State& state) {
  Input& in = input(state.range(0));
  size_t bytes = 0;
  for (auto _ : state) {
    for (const ValueSet& set : in.sets) bytes += in.floor.run(set);
  }
  benchmark::DoNotOptimize(bytes);
  renders_a_second(state, in.sets.size());
}
BENCHMARK(floor_of)->Name("floor")->Arg(1)->Arg(2);

void render(benchmark::State& state) {
  Input& in = input(state.range(0));
  Renderer renderer(in.compiled);
  const auto slot = [&](std::string_view name) { return in.compiled.find_slot(name).value(); };
  const size_t model_name = slot("model_name"), family = slot("model_family"),
               location = slot("model_location"), task = slot("task"), hardware = slot("hardware_type"),
               device = slot("device"), id = slot("test_id"), name = slot("template_name"),
               batch = slot("batch_size");
  const bool all = state.range(0) == 2;  // the example uses four of the names
  size_t bytes = 0;
  for (auto _ : state) {
    for (const ValueSet& set : in.sets) {
      renderer.set_text(model_name, set.model_name);
      renderer.set_text(family, set.model_family);
      renderer.set_text(hardware, set.hardware_type);
      renderer.set_integer(batch, set.batch_size);
      if (all) {
        renderer.set_text(location, set.model_location);
        renderer.set_text(task, set.task);
        renderer.set_text(device, set.device);
        renderer.set_text(id, set.test_id);
        renderer.set_text(name, set.template_name);
      }
      bytes += renderer.render().size();
    }
  }
  benchmark::DoNotOptimize(bytes);
  renders_a_second(state, in.sets.size());
}
BENCHMARK(render)->Arg(1)->Arg(2);

void compile(benchmark::State& state) {
  const std::string& content = input(state.range(0)).content;
  for (auto _ : state) benchmark::DoNotOptimize(Template::compile("input.py", content));
}
BENCHMARK(compile)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);

// Prints what Google Benchmark prints, and the ratios below.
class RatioReporter : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.aggregate_name == "median") medians_[run.run_name.str()] = run.GetAdjustedCPUTime();
    }
    ConsoleReporter::ReportRuns(runs);
  }
  void Finalize() override {
    for (const char* number : {"/1", "/2"}) {
      const double floor = medians_[std::string("floor") + number],
                   rendered = medians_[std::string("render") + number];
      if (floor > 0 && rendered > 0)
        std::printf("input %s: %.2f times the floor\n", number + 1, rendered / floor);
    }
  }

 private:
  std::map<std::string, double> medians_;
};

}  // namespace
}  // namespace testloom::bench

int main(int argc, char** argv) {
  std::vector<char*> arguments(argv, argv + argc);
  std::string defaults[] = {"--benchmark_repetitions=15", "--benchmark_enable_random_interleaving=true",
                            "--benchmark_min_time=0.05", "--benchmark_report_aggregates_only=true"};
  for (std::string& option : defaults) arguments.insert(arguments.begin() + 1, option.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  testloom::bench::RatioReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
}
