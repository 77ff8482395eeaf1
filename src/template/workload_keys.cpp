#include "template/workload_keys.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "base/text.h"

namespace testloom::templating {

namespace {

constexpr std::string_view kModes[] = {"forward", "generate"};
constexpr std::string_view kLoads[] = {"from_pretrained", "in_place"};
constexpr std::string_view kAttentions[] = {"eager", "sdpa"};
constexpr std::string_view kDtypes[] = {"float64", "float32", "bfloat16", "float16", "int8", "int4"};

constexpr auto kKeys = std::to_array<WorkloadKey>({
    {"task", ValueType::text},
    {"mode", ValueType::text, kModes},
    {"load", ValueType::text, kLoads},
    {"seq_len", ValueType::integer},
    {"decoder_seq_len", ValueType::integer},
    {"image_size", ValueType::integer},
    {"audio_seconds", ValueType::number},
    {"new_tokens", ValueType::integer},
    {"output_logits", ValueType::boolean},
    {"dtype", ValueType::text, kDtypes},
    {"attention", ValueType::text, kAttentions},
});

}  // namespace

std::span<const WorkloadKey> workload_keys() { return kKeys; }

const WorkloadKey* find_workload_key(std::string_view name) {
  const auto found = std::ranges::find(kKeys, name, &WorkloadKey::name);
  return found == kKeys.end() ? nullptr : &*found;
}

std::string workload_values(const WorkloadKey& key) {
  switch (key.type) {
    case ValueType::boolean:
      return "one of True, False";
    case ValueType::integer:
      return fmt::format("a whole number from 1 to {}", kLargestWorkloadNumber);
    case ValueType::number:
      return fmt::format("a number above 0 and up to {}", kMostAudioSeconds);
    default:
      return key.words.empty() ? "a text that is not empty" : join(key.words, ", ");
  }
}

bool takes_workload_value(const WorkloadKey& key, const Value& value) {
  const auto* integer = std::get_if<int64_t>(&value.data);
  if (key.type == ValueType::integer) return integer && *integer >= 1 && *integer <= kLargestWorkloadNumber;
  if (key.type == ValueType::boolean) return std::holds_alternative<bool>(value.data);
  if (key.type == ValueType::number) {
    const auto* number = std::get_if<double>(&value.data);
    if (!integer && !number) return false;
    const double seconds = number ? *number : static_cast<double>(*integer);
    return seconds > 0 && seconds <= kMostAudioSeconds;
  }
  const auto* text = std::get_if<std::string>(&value.data);
  if (!text || text->empty()) return false;
  return key.words.empty() || std::ranges::find(key.words, *text) != key.words.end();
}

}  // namespace testloom::templating
