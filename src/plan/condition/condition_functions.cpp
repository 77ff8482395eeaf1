#include "plan/condition/condition_functions.h"

#include <algorithm>
#include <array>

namespace testloom {

namespace {

// Left out on purpose: repeat, lpad, replace, translate, format, range and the like, which make much out of
// little; anything with a lambda; dates and clocks; hashes and random numbers; DuckDB's macros, whose own
// text could be led to a macro of the store (nullif and split_part are written out by the checker).
constexpr auto kFunctions = std::to_array<std::string_view>({
    "abs",
    "ceil",
    "ceiling",
    "coalesce",
    "concat",
    "contains",
    "ends_with",
    "exp",
    "floor",
    "greatest",
    "if",
    "ifnull",
    "instr",
    "isfinite",
    "isinf",
    "isnan",
    "least",
    "left",
    "length",
    "list_contains",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "mod",
    "nullif",
    "position",
    "pow",
    "power",
    "prefix",
    "regexp_extract",
    "regexp_full_match",
    "regexp_matches",
    "right",
    "round",
    "rtrim",
    "sign",
    "split_part",
    "sqrt",
    "starts_with",
    "strlen",
    "strpos",
    "substr",
    "substring",
    "suffix",
    "trim",
    "trunc",
    "upper",
});

// The parser writes these where the user wrote a list in [] or an ESCAPE.
constexpr auto kPhrases = std::to_array<std::string_view>(
    {"ilike_escape", "like_escape", "list_value", "not_ilike_escape", "not_like_escape"});

constexpr auto kOperators = std::to_array<std::string_view>({
    "+", "-", "*", "/", "//", "%", "**", "^", "||",  // arithmetic and joining
    "~~", "!~~", "~~*", "!~~*", "~~~", "^@",         // [NOT] LIKE, [NOT] ILIKE, GLOB, starts with
});

bool holds(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::span<const std::string_view> condition_functions() { return kFunctions; }

bool is_condition_operator(std::string_view name) { return holds(kOperators, name); }

bool is_condition_function(std::string_view name) { return holds(kFunctions, name) || holds(kPhrases, name); }

}  // namespace testloom
