#include "model/family/folder_family.h"

#include <algorithm>
#include <string_view>

#include <fmt/core.h>
#include <boost/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "model/family/config_family.h"
#include "model/files/json_text.h"

namespace testloom {

namespace {

namespace json = boost::json;
using std::filesystem::path;

constexpr size_t kMaxEntries = 10'000;  // of a folder that are looked at for a GGUF file

FamilyGuess guess(std::string_view family, std::string_view task, std::string_view evidence) {
  return {std::string(family), std::string(task), "config", 0.98, std::string(evidence)};
}

class Folder {
 public:
  Folder(const path& folder, std::vector<std::string>* notes) : folder_(folder), notes_(notes) {}

  std::optional<FamilyGuess> family(const GgufArchitecture& gguf) const {
    if (const auto index = object_in("model_index.json")) {
      const json::value* name = index->if_contains("_class_name");
      const bool named = name && name->is_string();
      const std::string_view pipeline = named ? std::string_view(name->get_string()) : "";
      return guess("diffusion", diffusion_task(pipeline), "model_index.json");
    }
    const std::optional<json::object> config = object_in("config.json");
    std::optional<FamilyGuess> by_config;
    if (config) by_config = family_of_config(*config);
    if (by_config && by_config->model_family == "unknown") by_config.reset();
    if (const auto sentences = of_sentence_transformers()) {
      // One that embeds images too is what its config says.
      return by_config && by_config->model_family == "multimodal" ? by_config : sentences;
    }
    if (by_config) return by_config;
    if (object_in("open_clip_config.json")) {
      return guess("multimodal", "zero-shot-image-classification", "open_clip_config.json");
    }
    if (const auto by_gguf = of_gguf(gguf)) return by_gguf;
    return of_adapter();
  }

  std::optional<FamilyGuess> of_gguf_file(const path& file, const GgufArchitecture& read) const {
    try {
      FamilyGuess found = family_of_architecture(read(file));
      if (found.model_family != "unknown") return found;
    } catch (const Error& problem) {
      note(file, problem.message());
    }
    return std::nullopt;
  }

 private:
  void note(const path& file, std::string_view problem) const {
    if (notes_) notes_->push_back(fmt::format("{} is not used: {}", quote(file.native(), 400), problem));
  }

  // What the file holds between `before` and `after`, where it is there and is an object with them.
  std::optional<json::object> object_in(const char* name, std::string_view before = "",
                                        std::string_view after = "") const {
    const path file = folder_ / name;
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) return std::nullopt;
    try {
      std::string text = read_file(file, max_config_bytes, ErrorKind::spec);
      if (!before.empty()) text = std::string(before) + text + std::string(after);
      return parse_json_object(text, file.native());
    } catch (const Error& error) {
      note(file, error.message());
      return std::nullopt;
    }
  }

  std::optional<FamilyGuess> of_sentence_transformers() const {
    // modules.json is a list.
    const auto modules = object_in("modules.json", "{\"modules\":", "}");
    const auto config = object_in("config_sentence_transformers.json");
    if (!modules && !config) return std::nullopt;
    const char* evidence = modules ? "modules.json" : "config_sentence_transformers.json";
    if (modules && json::serialize(*modules).find(".CLIPModel\"") != std::string::npos) {
      return guess("multimodal", "zero-shot-image-classification", evidence);
    }
    const json::value* kind = config ? config->if_contains("model_type") : nullptr;
    const bool ranks = kind && kind->is_string() && kind->get_string() == "CrossEncoder";
    return guess("text_embedding", ranks ? "text-ranking" : "feature-extraction", evidence);
  }

  // The first GGUF file by name; image encoders that lie beside a model are named mmproj.
  std::optional<FamilyGuess> of_gguf(const GgufArchitecture& read) const {
    std::error_code error;
    std::optional<path> first;
    size_t entries = 0;
    for (std::filesystem::directory_iterator it(folder_, error), end; !error && it != end;
         it.increment(error)) {
      if (++entries > kMaxEntries) break;
      const path& file = it->path();
      const bool wanted =
          file.extension() == ".gguf" && file.filename().native().find("mmproj") == std::string::npos;
      if (wanted && (!first || file < *first)) first = file;
    }
    return first ? of_gguf_file(*first, read) : std::nullopt;
  }

  std::optional<FamilyGuess> of_adapter() const {
    const auto adapter = object_in("adapter_config.json");
    const json::value* base = adapter ? adapter->if_contains("base_model_name_or_path") : nullptr;
    if (!base || !base->is_string()) return std::nullopt;
    FamilyGuess found = detect_family(std::string_view(base->get_string()));
    if (found.model_family == "unknown") return std::nullopt;
    found.origin = "config";
    return found;
  }

  const path& folder_;
  std::vector<std::string>* notes_;
};

}  // namespace

std::optional<FamilyGuess> family_of_folder(const path& folder, std::vector<std::string>* notes,
                                            const GgufArchitecture& gguf) {
  std::error_code ignored;
  const Folder files(folder, notes);
  if (std::filesystem::is_directory(folder, ignored)) return files.family(gguf);
  const bool is_gguf = folder.extension() == ".gguf" && std::filesystem::is_regular_file(folder, ignored);
  return is_gguf ? files.of_gguf_file(folder, gguf) : std::nullopt;
}

}  // namespace testloom
