// An Error as JSON, the same wherever the program prints one.
#pragma once

#include "base/json_writer.h"
#include "testloom/error.h"

namespace testloom::cli {

// The object with "kind" and "diagnostics". A diagnostic's "trail" says where its text was included, from the
// inside out.
void write_error(JsonWriter& json, const Error& error);

}  // namespace testloom::cli
