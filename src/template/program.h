// The fourth stage: flat operations, each a literal piece or one value with its rule. A program is all that
// rendering needs.
#pragma once

#include "template/checker.h"

namespace testloom::templating {

struct Operation {
  enum class Kind { literal, put };
  Kind kind;
  Span literal = {};  // in Program::literals
  size_t slot = 0;
  Placement placement = {};
  Span source = {};  // put: the placeholder, for errors
};

struct Program {
  std::string literals;
  std::vector<Operation> operations;  // no two literals in a row
  std::vector<size_t> slots;          // those used, ascending

  std::string_view literal(const Operation& operation) const {
    return std::string_view(literals).substr(operation.literal.begin,
                                             operation.literal.end - operation.literal.begin);
  }
};

// `checked` comes from a tree without mistakes.
Program assemble(const Tree& tree, const std::vector<CheckedPlaceholder>& checked);

// One line an operation.
std::string dump(const Program& program);

}  // namespace testloom::templating
