// Values of templates as JSON: read exactly as Python's json reads them, and written.
#pragma once

#include <string>
#include <string_view>

#include "base/json_writer.h"
#include "testloom/template.h"

namespace testloom::cli {

// What is wrong with a JSON text, and at which byte it is.
struct JsonMistake {
  std::string message;
  size_t at = 0;
};

// Of keys that stand twice in an object the last one counts. Throws a JsonMistake on what is no JSON, on lone
// surrogates, and on numbers that do not fit: whole ones past 64 bits, others past the largest double.
Value parse_json(std::string_view text);

// NaN and infinities, which JSON has not, as strings.
void write_value(JsonWriter& json, const Value& value);

}  // namespace testloom::cli
