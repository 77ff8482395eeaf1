// Text taken apart: split, rsplit, strip.
#pragma once

#include "template/expression/arena.h"
#include "template/expression/datum.h"

namespace testloom::templating {

enum class Side : uint8_t { left, right, both };

// At blanks, at most `limit` times, from the left or (`side` right) from the right; any times when it is
// negative.
Datum split_at_blanks(std::string_view text, int64_t limit, Side side, Arena& arena);
// At `separator`, which is not empty.
Datum split_at(std::string_view text, std::string_view separator, int64_t limit, Side side, Arena& arena);

std::string_view strip_blanks(std::string_view text, Side side);
// Without the characters at its ends that are in `characters`.
std::string_view strip_characters(std::string_view text, std::string_view characters, Side side);

}  // namespace testloom::templating
