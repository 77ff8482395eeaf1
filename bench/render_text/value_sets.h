// The value sets that templates are rendered for in benchmarks: as a plan has them, names of models all
// different, everything else from short lists. The same on every machine.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace testloom::bench {

struct ValueSet {
  std::string model_name, model_family, model_location, task, hardware_type, device, test_id, template_name;
  int64_t batch_size;
  std::string batch_text;     // the batch size as text, for the floor
  std::string replaced_name;  // model_name.replace("-", "_")
};

inline std::vector<ValueSet> make_value_sets(size_t count) {
  constexpr const char* kOwners[] = {"acme-labs", "orchid", "northwind-research", "kite", "blue-river"};
  constexpr const char* kBases[] = {"bert", "vit", "whisper", "gpt-neox", "chronos-t5", "qwen2", "dinov2"};
  constexpr const char* kSizes[] = {"tiny", "small", "base", "1.3b", "7b"};
  constexpr const char* kFamilies[] = {"text_embedding", "vision", "audio", "text_generation", "time_series"};
  constexpr const char* kHardware[] = {"cpu", "cuda", "rocm", "mps"};
  constexpr int64_t kBatches[] = {1, 2, 4, 8, 16, 32, 64, 128};
  std::mt19937 random(7);
  const auto pick = [&](const auto& list) { return list[random() % std::size(list)]; };
  std::vector<ValueSet> sets(count);
  for (size_t i = 0; i < count; ++i) {
    ValueSet& set = sets[i];
    set.model_name =
        std::string(pick(kOwners)) + '/' + pick(kBases) + '-' + pick(kSizes) + "-v" + std::to_string(i);
    set.model_family = pick(kFamilies);
    set.model_location = "/srv/models/" + set.model_name;
    set.task = "feature-extraction";
    set.hardware_type = pick(kHardware);
    set.device = set.hardware_type == "rocm" ? "cuda" : set.hardware_type;
    set.test_id = "99dd251d-e512-8482-b929-" + std::to_string(100000000000 + i);
    set.template_name = "latency";
    set.batch_size = pick(kBatches);
    set.batch_text = std::to_string(set.batch_size);
    set.replaced_name = set.model_name;
    for (char& c : set.replaced_name) c = c == '-' ? '_' : c;
  }
  return sets;
}

}  // namespace testloom::bench
