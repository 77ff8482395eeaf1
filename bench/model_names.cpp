// What reading names costs: sizes, and keys for a plan to group by; and making models of the keys.
//
//   build/bench_model_names [FILE of names, one a line]
//
// Without a file, names are put together from sizes and words. Prints names a second on one core beside a
// loop that only looks at each byte.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "model/estimate/estimate_by_name.h"
#include "model/estimate/named_config.h"
#include "model/estimate/named_scale.h"
#include "model/estimate/named_shapes.h"
#include "model/estimate/named_size.h"

namespace {

using testloom::named_key;

std::vector<std::string> made_names(bool with_size) {
  const char* organisations[] = {"acme", "meta-llama", "some-lab", "mistralai", "a"};
  const char* lines[] = {"Llama-3.1", "qwen2.5", "bert-base", "pythia", "my-model", "Mistral", "vit-large"};
  const char* sizes[] = {"7B", "0.5b", "410m", "8x7B", "13b", "70B", "1.1B", "350M"};
  const char* ends[] = {"Instruct", "finetuned-v2", "chat-hf", "uncased", "patch16-224"};
  std::vector<std::string> names;
  for (size_t at = 0; at < 20000; ++at) {
    const std::string size = with_size ? fmt::format("-{}", sizes[at % 8]) : "";
    names.push_back(fmt::format("{}/{}{}-{}", organisations[at % 5], lines[at % 7], size, ends[at / 8 % 5]));
  }
  return names;
}

template <class Work>
double rate(const std::vector<std::string>& names, Work work) {
  using clock = std::chrono::steady_clock;
  double best = 0;
  uint64_t sum = 0;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const auto begin = clock::now();
    size_t done = 0;
    while (done < 1'000'000) {
      for (const std::string& name : names) sum += work(name);
      done += names.size();
    }
    const double seconds = std::chrono::duration<double>(clock::now() - begin).count();
    best = std::max(best, static_cast<double>(done) / seconds);
  }
  if (sum == 42) std::cerr << ' ';
  return best / 1e6;
}

void report(const std::string& title, const std::vector<std::string>& names) {
  const double bytes = rate(names, [](const std::string& name) {
    uint64_t sum = 0;
    for (const char c : name) sum = sum * 31 + static_cast<unsigned char>(c);
    return sum;
  });
  const double sizes = rate(names, [](const std::string& name) {
    return static_cast<uint64_t>(testloom::size_in_name(name).has_value());
  });
  const double keys =
      rate(names, [](const std::string& name) { return named_key(name, "text_generation", ""); });
  fmt::print("{:<18}{:>8.1f}{:>12.1f}{:>12.1f}   million names/s: bytes, sizes, keys\n", title, bytes, sizes,
             keys);
}

void report_models(const std::vector<std::string>& names) {
  std::vector<uint64_t> keys;
  for (const std::string& name : names) {
    for (const char* family : {"text_generation", "vision"}) keys.push_back(named_key(name, family, ""));
  }
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::vector<double> micros;
  for (int repeat = 0; repeat < 5; ++repeat) {
    for (const uint64_t key : keys) {
      const auto begin = std::chrono::steady_clock::now();
      const auto model = testloom::model_from_key(key);
      const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
      if (repeat > 0) micros.push_back(model ? took.count() : took.count());
    }
  }
  std::ranges::sort(micros);
  fmt::print("{} kinds of models made: median {:.0f} µs, 95th {:.0f} µs\n", keys.size(),
             micros[micros.size() / 2], micros[micros.size() * 95 / 100]);
}

using testloom::ModelConfig;

double memory_of(const ModelConfig& config) {
  testloom::Workload work;
  work.batch_size = 4;
  work.seq_len = 512;
  return static_cast<double>(testloom::estimate_memory(config, work).peak_process_bytes);
}

void report_errors(const char* title, std::vector<double> errors) {
  const double under = static_cast<double>(std::ranges::count_if(errors, [](double e) { return e < -0.1; }));
  for (double& error : errors) error = std::abs(error);
  std::ranges::sort(errors);
  fmt::print("{:<28}{:>5}{:>9.1f}{:>9.1f}{:>9.1f}{:>10.1f}\n", title, errors.size(),
             100 * errors[errors.size() / 2], 100 * errors[errors.size() * 95 / 100], 100 * errors.back(),
             100 * under / static_cast<double>(errors.size()));
}

// Scaled from the shape of the line that is next in size, other than `left_out`.
ModelConfig from_next(uint16_t line, double size, const testloom::NamedShape* left_out) {
  const auto& shapes = testloom::named_shapes().lines()[line].shapes;
  std::optional<uint16_t> next;
  for (uint16_t at = 0; at < shapes.size(); ++at) {
    if (shapes[at].size == 0 || &shapes[at] == left_out) continue;
    if (!next || std::abs(std::log(size / shapes[at].size)) < std::abs(std::log(size / shapes[*next].size)))
      next = at;
  }
  return testloom::scaled_config(testloom::named_shapes().config(line, next), size);
}

void report_left_out() {
  const testloom::NamedShapes& shapes = testloom::named_shapes();
  const uint16_t llama = shapes.find_line("llama").value();
  std::vector<double> memory, of_llama;
  for (uint16_t line = 0; line < shapes.lines().size(); ++line) {
    if (!can_scale(ModelConfig::read(shapes.config(line, std::nullopt)))) continue;
    for (uint16_t at = 0; at < shapes.lines()[line].shapes.size(); ++at) {
      const testloom::NamedShape& shape = shapes.lines()[line].shapes[at];
      if (shape.size == 0) continue;
      const double truth = memory_of(ModelConfig::read(shapes.config(line, at)));
      memory.push_back(memory_of(from_next(line, shape.size, &shape)) / truth - 1);
      const bool writes = shapes.lines()[line].model_family == "text_generation" && line != llama;
      if (writes) of_llama.push_back(memory_of(from_next(llama, shape.size, nullptr)) / truth - 1);
    }
  }
  fmt::print("{:<28}{:>5}{:>9}{:>9}{:>9}{:>10}\n", "memory, in percent", "n", "median", "95th", "most",
             "10 under");
  report_errors("from the next in size", memory);
  report_errors("text generators, from Llama", of_llama);
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1 && arguments[1] == std::string("--left-out")) return report_left_out(), 0;
  if (count > 1) {
    std::vector<std::string> names;
    std::ifstream file(arguments[1]);
    for (std::string line; std::getline(file, line);) names.push_back(line);
    if (names.empty()) return fmt::print(stderr, "no names in {}\n", arguments[1]), 1;
    report("names of the file", names);
    report_models(names);
    return 0;
  }
  report("without a size", made_names(false));
  report("with a size", made_names(true));
  report_models(made_names(true));
}
