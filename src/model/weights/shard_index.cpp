#include "model/weights/shard_index.h"

#include <algorithm>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "model/files/json_text.h"
#include "model/weights/byte_source.h"

namespace testloom {

namespace {

constexpr size_t kMaxIndexBytes = 32 << 20;  // the largest models' are 9 MB

bool is_file_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == name.npos;
}

}  // namespace

const std::string* ShardIndex::file_of(const std::string& tensor) const {
  const auto found =
      std::lower_bound(tensors.begin(), tensors.end(), tensor,
                       [](const auto& entry, const std::string& name) { return entry.first < name; });
  return found != tensors.end() && found->first == tensor ? &found->second : nullptr;
}

ShardIndex read_shard_index(const std::filesystem::path& path) {
  const boost::json::object json =
      parse_json_object(read_file(path, kMaxIndexBytes, ErrorKind::spec), path.native());
  const boost::json::value* map = json.if_contains("weight_map");
  if (!map || !map->is_object())
    refuse_weights(path.native(), "it has no weight_map that says where each tensor is");
  ShardIndex index;
  for (const auto& [tensor, file] : map->get_object()) {
    if (!file.is_string())
      refuse_weights(path.native(),
                     fmt::format("its weight_map gives {} no file", quote(std::string_view(tensor))));
    const std::string_view name(file.get_string());
    if (!is_file_name(name)) {
      refuse_weights(path.native(),
                     fmt::format("its weight_map puts {} into {}, which is no file of its folder",
                                 quote(std::string_view(tensor)), quote(name)));
    }
    index.tensors.emplace_back(std::string_view(tensor), name);
    index.files.emplace_back(name);
  }
  std::sort(index.tensors.begin(), index.tensors.end());
  std::sort(index.files.begin(), index.files.end());
  index.files.erase(std::unique(index.files.begin(), index.files.end()), index.files.end());
  return index;
}

}  // namespace testloom
