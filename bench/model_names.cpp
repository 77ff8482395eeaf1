// What reading names costs: sizes, and keys for a plan to group by; and making models of the keys.
//
//   build/bench_model_names [FILE of names, one a line]
//
// Without a file, names are put together from sizes and words. Prints names a second on one core beside a
// loop that only looks at each byte.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "model/estimate/estimate_by_name.h"
#include "model/estimate/named_config.h"
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

}  // namespace

int main(int count, char** arguments) {
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
