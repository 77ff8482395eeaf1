#include "model/weights/weight_files.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/text.h"
#include "model/files/json_text.h"
#include "model/weights/folder_listing.h"
#include "model/weights/packed.h"
#include "model/weights/safetensors.h"
#include "model/weights/shard_index.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

// Reads the files of one set, whose tensors are counted together.
class SetReader {
 public:
  SetReader(const fs::path& folder, const WeightSet& set) : folder_(folder), set_(set) {
    weights_.format = set.format;
  }

  WeightFiles read() {
    if (!set_.index.empty()) {
      read_index();
    } else {
      if (set_.files.size() < set_.parts) refuse_missing_part();
      for (const std::string& file : set_.files) read_file(file);
    }
    check_split();
    for (const TensorInfo& tensor : tensors_) {
      DtypeTotal& total = weights_.dtypes[std::string(tensor.dtype)];
      total.tensors += 1;
      total.elements += tensor.elements;
      total.bytes += tensor.bytes();
      weights_.bytes += tensor.bytes();
    }
    weights_.tensors = tensors_.size();
    if (set_.format != WeightFormat::pytorch) weights_.parameters = count_parameters(tensors_);
    return std::move(weights_);
  }

 private:
  std::string path_of(const std::string& file) const { return (folder_ / file).native(); }

  [[noreturn]] void refuse_missing_part() const {
    refuse_weights(path_of(set_.files.front()),
                   fmt::format("it is one of {} parts, of which {} there", set_.parts,
                               set_.files.size() == 1 ? "one is" : fmt::format("{} are", set_.files.size())),
                   "fetch the others too");
  }

  // Adds a file's tensors.
  void read_file(const std::string& file) {
    FileBytes source(folder_ / file);
    weights_.files.push_back({file, source.size()});
    if (set_.format == WeightFormat::pytorch) {
      refuse_git_pointer(source);
      if (source.size() == 0) refuse_weights(source.path(), "it is empty", "fetch the file anew");
      weights_.bytes += source.size();
      return;
    }
    std::vector<TensorInfo> tensors;
    if (set_.format == WeightFormat::gguf) {
      GgufHeader header = read_gguf(source);
      tensors = std::exchange(header.tensors, {});
      if (!weights_.gguf) weights_.gguf = std::move(header);
    } else {
      tensors = read_safetensors(source);
    }
    tensors_.insert(tensors_.end(), std::make_move_iterator(tensors.begin()),
                    std::make_move_iterator(tensors.end()));
  }

  void read_index() {
    const ShardIndex index = read_shard_index(folder_ / set_.index);
    if (index.files.empty()) refuse_weights(path_of(set_.index), "it names no tensors");
    size_t found = 0;
    for (const std::string& file : index.files) {
      const size_t before = tensors_.size();
      read_file(file);
      for (size_t i = before; i < tensors_.size(); ++i) {
        const std::string* place = index.file_of(tensors_[i].name);
        if (place) ++found;
        if (place && *place != file) {
          refuse_weights(path_of(file),
                         fmt::format("it has the tensor {}, which {} puts into {}", quote(tensors_[i].name),
                                     quote(set_.index), quote(*place)));
        }
      }
    }
    if (set_.format == WeightFormat::pytorch || found == index.tensors.size()) return;
    std::set<std::string_view> there;
    for (const TensorInfo& tensor : tensors_) there.insert(tensor.name);
    for (const auto& [tensor, file] : index.tensors) {
      if (there.contains(tensor)) continue;
      refuse_weights(path_of(file), fmt::format("it lacks the tensor {}, which {} puts there", quote(tensor),
                                                quote(set_.index)));
    }
  }

  // The parts of a split GGUF say how many tensors all have.
  void check_split() const {
    if (set_.parts < 2 || !weights_.gguf) return;
    const auto count = weights_.gguf->integer("split.tensors.count");
    if (!count || static_cast<uint64_t>(*count) == tensors_.size()) return;
    refuse_weights(path_of(set_.files.front()),
                   fmt::format("its parts should have {} tensors, and have {}", *count, tensors_.size()));
  }

  const fs::path& folder_;
  const WeightSet& set_;
  WeightFiles weights_;
  std::vector<TensorInfo> tensors_;
};

// The set that a folder's model is loaded from; null where there is none. Where no name is usual and there
// are several, the largest, with a note.
const WeightSet* chosen_set(const fs::path& folder, const std::vector<WeightSet>& sets,
                            std::vector<std::string>& notes) {
  if (sets.empty()) return nullptr;
  const WeightSet& first = sets.front();
  if (first.usual || sets.size() == 1 || sets[1].format != first.format) return &first;
  const WeightSet* largest = nullptr;
  uint64_t most = 0;
  for (const WeightSet& set : sets) {
    if (set.format != first.format) break;
    uint64_t size = 0;
    for (const std::string& file : set.files) {
      std::error_code error;
      const uint64_t bytes = fs::file_size(folder / file, error);
      if (!error) size += bytes;
    }
    if (largest && size <= most) continue;
    largest = &set;
    most = size;
  }
  notes.push_back(fmt::format("of the weights in {}, the largest, {}, are counted",
                              quote(folder.native(), 400), quote(largest->name)));
  return largest;
}

// The components of a diffusion pipeline: "unet": ["diffusers", "UNet2DConditionModel"], or null for one left
// out.
std::vector<std::string> components_of(const fs::path& pipeline) {
  std::vector<std::string> components;
  const boost::json::object json =
      parse_json_object(read_file(pipeline, max_config_bytes, ErrorKind::spec), pipeline.native());
  for (const auto& [name, classes] : json) {
    if (classes.is_array()) components.emplace_back(name);
  }
  return components;
}

// The folders of a sentence encoder's modules: [{"path": "2_Dense", …}, …]. That of the first may be empty,
// the model's own.
std::vector<std::string> modules_of(const fs::path& list) {
  std::vector<std::string> folders;
  boost::json::parse_options options;
  options.max_depth = max_json_depth;
  boost::system::error_code error;
  const boost::json::value json =
      boost::json::parse(read_file(list, max_config_bytes, ErrorKind::spec), error, {}, options);
  if (error || !json.is_array()) refuse_weights(list.native(), "it is no JSON list of modules");
  for (const boost::json::value& module : json.get_array()) {
    const auto* path = module.is_object() ? module.get_object().if_contains("path") : nullptr;
    if (path && path->is_string()) folders.emplace_back(path->get_string());
  }
  return folders;
}

void add(std::optional<WeightFiles>& sum, WeightFiles part, const std::string& folder) {
  for (WeightFile& file : part.files) file.name = folder + file.name;
  if (!sum) {
    sum = std::move(part);
    return;
  }
  sum->bytes += part.bytes;
  sum->tensors += part.tensors;
  if (sum->parameters && part.parameters) {
    *sum->parameters += *part.parameters;
  } else {
    sum->parameters.reset();
  }
  for (const auto& [dtype, total] : part.dtypes) {
    DtypeTotal& into = sum->dtypes[dtype];
    into.tensors += total.tensors;
    into.elements += total.elements;
    into.bytes += total.bytes;
  }
  sum->files.insert(sum->files.end(), part.files.begin(), part.files.end());
  sum->notes.insert(sum->notes.end(), part.notes.begin(), part.notes.end());
}

std::optional<WeightFiles> read_own_weights(const fs::path& folder, const FolderListing& listing) {
  const std::vector<WeightSet> sets = weight_sets(listing.files);
  std::vector<std::string> notes;
  const WeightSet* set = chosen_set(folder, sets, notes);
  if (!set) return std::nullopt;
  WeightFiles weights = read_weight_set(folder, *set);
  weights.notes = std::move(notes);
  return weights;
}

}  // namespace

WeightFiles read_weight_set(const fs::path& folder, const WeightSet& set) {
  return SetReader(folder, set).read();
}

std::optional<WeightFiles> read_weight_files(const fs::path& location) {
  std::error_code error;
  if (!fs::is_directory(location, error)) {
    const std::string name = location.filename().native();
    const fs::path folder = location.has_parent_path() ? location.parent_path() : fs::path(".");
    for (const WeightSet& set : weight_sets(list_folder(folder).files)) {
      if (set.index == name || std::find(set.files.begin(), set.files.end(), name) != set.files.end())
        return read_weight_set(folder, set);
    }
    return std::nullopt;
  }
  const FolderListing listing = list_folder(location);
  std::optional<WeightFiles> sum;
  std::vector<std::string> parts;
  if (listing.has_file("model_index.json")) parts = components_of(location / "model_index.json");
  if (listing.has_file("modules.json")) parts = modules_of(location / "modules.json");
  std::set<std::string> seen;
  for (const std::string& part : parts) {
    if (!listing.has_folder(part) || !seen.insert(part).second) continue;
    const fs::path folder = location / part;
    if (auto weights = read_own_weights(folder, list_folder(folder)))
      add(sum, std::move(*weights), part + "/");
  }
  // Beside a pipeline's components, weights may stand once more in one file.
  if (sum && listing.has_file("model_index.json")) return sum;
  if (auto own = read_own_weights(location, listing)) add(sum, std::move(*own), "");
  return sum;
}

}  // namespace testloom
