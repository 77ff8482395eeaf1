// Writes values into scripts of sh and bash.
#pragma once

#include <string>
#include <string_view>

#include "template/expression/datum.h"
#include "template/rule.h"

namespace testloom::templating {

// The characters that mean nothing to a shell in any part of an argument.
inline bool is_plain_in_shell(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_./:@%+,-").find(c) != std::string_view::npos;
}

// By a rule shell_*. shell_word: written in single quotes, unless the placement's `quote` is 0 and every
// character is plain. Returns why the value cannot stand there, or nothing; then `out` is unspecified behind
// its old end.
std::string_view append_shell(std::string& out, const Placement& placement, const Datum& value);

}  // namespace testloom::templating
