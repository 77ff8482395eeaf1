#include "model/weights/weight_sets.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <tuple>

namespace testloom {

namespace {

struct Ending {
  std::string_view file;
  std::string_view index;
  WeightFormat format;
};
constexpr std::array kEndings = {
    Ending{".safetensors", ".safetensors.index", WeightFormat::safetensors},
    Ending{".bin", ".bin.index", WeightFormat::pytorch},
    Ending{".gguf", "", WeightFormat::gguf},
};

// In the order in which one is preferred.
constexpr std::array<std::string_view, 4> kUsual = {"model", "pytorch_model", "diffusion_pytorch_model",
                                                    "adapter_model"};

size_t usual_rank(std::string_view name) {
  return static_cast<size_t>(std::find(kUsual.begin(), kUsual.end(), name) - kUsual.begin());
}
// model.fp16 is a variant of model, which loaders take only when asked for.
bool is_variant(std::string_view name) { return usual_rank(name.substr(0, name.find('.'))) < kUsual.size(); }

struct Part {
  std::string_view name;
  size_t count;
};

// NAME-00001-of-00003, with at least one digit each.
std::optional<Part> part_of(std::string_view stem) {
  const auto number_behind = [&stem](std::string_view mark) -> std::optional<size_t> {
    const size_t at = stem.rfind(mark);
    if (at == stem.npos) return std::nullopt;
    const std::string_view digits = stem.substr(at + mark.size());
    size_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size() || number > 100'000) return std::nullopt;
    stem = stem.substr(0, at);
    return number;
  };
  const auto count = number_behind("-of-");
  if (!count || *count == 0 || !number_behind("-")) return std::nullopt;
  return Part{stem, *count};
}

class Sets {
 public:
  void add(const std::string& file) {
    const std::string_view name = file;
    for (const Ending& ending : kEndings) {
      const size_t index = ending.index.empty() ? name.npos : name.rfind(ending.index);
      if (index != name.npos && name.ends_with(".json")) {
        // What stands between is the variant, as in .index.fp16.json.
        const size_t after = index + ending.index.size();
        const std::string_view variant =
            name.substr(after, name.size() - after - std::string_view(".json").size());
        WeightSet set{std::string(name.substr(0, index)).append(variant), ending.format, file, {}, 1, false};
        has_index_[ending.format] = true;
        return sets_.push_back(std::move(set));
      }
      if (name.ends_with(ending.file))
        return add_file(file, name.substr(0, name.size() - ending.file.size()), ending.format);
    }
  }

  std::vector<WeightSet> take() {
    for (auto& [key, set] : parts_) {
      // With an index it says which parts there are.
      if (!has_index_[set.format]) sets_.push_back(std::move(set));
    }
    for (WeightSet& set : sets_) set.usual = usual_rank(set.name) < kUsual.size();
    const auto order = [](const WeightSet& set) {
      return std::tuple(set.format, !set.usual, is_variant(set.name), usual_rank(set.name),
                        !set.index.empty() || set.parts > 1, std::string_view(set.name));
    };
    std::sort(sets_.begin(), sets_.end(),
              [&](const WeightSet& a, const WeightSet& b) { return order(a) < order(b); });
    return std::move(sets_);
  }

 private:
  void add_file(const std::string& file, std::string_view stem, WeightFormat format) {
    const auto part = part_of(stem);
    const std::string_view name = part ? part->name : stem;
    // Much that is no weights ends in .bin.
    if (format == WeightFormat::pytorch && !is_variant(name)) return;
    if (!part) return sets_.push_back({std::string(name), format, "", {file}, 1, false});
    WeightSet& set = parts_[{format, std::string(name), part->count}];
    set.name = name;
    set.format = format;
    set.parts = part->count;
    set.files.push_back(file);
  }

  std::vector<WeightSet> sets_;
  std::map<std::tuple<WeightFormat, std::string, size_t>, WeightSet> parts_;
  std::map<WeightFormat, bool> has_index_;
};

}  // namespace

std::string_view format_name(WeightFormat format) {
  return format == WeightFormat::safetensors ? "safetensors"
         : format == WeightFormat::pytorch   ? "pytorch"
                                             : "gguf";
}

std::vector<WeightSet> weight_sets(const std::vector<std::string>& files) {
  Sets sets;
  for (const std::string& file : files) sets.add(file);
  return sets.take();
}

}  // namespace testloom
