// The JSON of a model's files (config.json, an index, a weight file's header): read within limits, with what
// Python's json writes beyond the standard (NaN, Infinity) as 0, and mistakes told with their place.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "testloom/error.h"

namespace testloom {

inline constexpr size_t max_config_bytes = 4 << 20;  // of a config.json; real ones are under 200 kB
inline constexpr size_t max_json_depth = 64;         // of objects and arrays in each other

// The one JSON object that `text` is. `path` is for messages. Throws an Error (spec) with path:line:column
// for text that is no JSON, is no object or is nested deeper than max_json_depth.
boost::json::object parse_json_object(std::string_view text, const std::string& path);

}  // namespace testloom
