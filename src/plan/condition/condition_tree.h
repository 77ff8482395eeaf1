// A condition as it was understood: every node of DuckDB's tree checked against what is allowed, and written
// out as SQL of our own making.
#pragma once

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "plan/condition/condition_text.h"

namespace testloom {

struct ConditionNode {
  size_t at = ConditionText::kWhole;                   // in the text
  std::vector<std::variant<std::string, size_t>> sql;  // pieces of SQL, and nodes that come before this one
  std::optional<size_t> column;                        // instead of the pieces: a column
  // How many nodes DuckDB may make of it. NULLIF and BETWEEN hold an operand more than once, so that nesting
  // them grows without end.
  double weight = 1;
};

// The operands of a node come before it; the last one is the whole condition.
using ConditionTree = std::vector<ConditionNode>;

// Checks a tree of parse_condition(). Fails at the first thing that is not allowed.
ConditionTree check_condition(const boost::json::value& tree, const ConditionText& text,
                              const std::vector<ConditionColumn>& columns);

// The SQL of each node, with columns written as given.
std::vector<std::string> write_condition(const ConditionTree& tree, const std::vector<std::string>& columns);

}  // namespace testloom
