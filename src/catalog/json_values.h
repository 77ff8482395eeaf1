// Values as JSON and back.
#pragma once

#include <string>
#include <string_view>

#include "testloom/template.h"

namespace testloom {

// Throws an Error (spec) for text that is not one JSON value, integers past 64 bits and lone surrogates.
Value value_of_json(std::string_view json);
// In ASCII, on one line; NaN and infinities as strings.
std::string json_of(const Value& value);

}  // namespace testloom
