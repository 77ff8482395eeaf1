// The last stage before rendering: flat operations. Each first appends a piece of fixed text, then does one
// thing. A program is all that rendering needs.
#pragma once

#include "template/placement/placement.h"
#include "template/resolve.h"

namespace testloom::templating {

enum class OpCode : uint8_t {
  text,              // nothing more
  put_slot,          // puts the value of a slot
  put,               // puts an expression's value
  assign,            // gives an expression's value to a target
  jump,              // goes to `jump`
  jump_unless,       // goes to `jump` unless the expression's value is true
  jump_unless_text,  // the same for one that asks whether texts are some constants: `target` is the first of
                     // its tests
  loop_begin,  // begins a loop through an expression's value; goes to `jump` when there is nothing in it
  loop_next,   // goes to `jump` for the next item, or ends the loop
  end,         // the last operation
};

struct Operation {
  OpCode code = OpCode::text;
  bool quoted = false;         // put: a text without `breaks` stands in single quotes
  bool plain_integer = false;  // put: an integer from 0 on stands as its digits
  bool negated = false;        // jump_unless_text: true when no test passes
  uint16_t breaks = 0;         // put: a text with none of these traits stands as it is
  uint16_t test_count = 0;     // jump_unless_text
  uint32_t literal = 0;        // where the fixed text begins in Program::literals
  uint32_t literal_size = 0;
  uint32_t expression = 0;  // or the slot, of put_slot
  uint32_t target = 0;      // assign, loop_begin; jump_unless_text: in Program::tests
  uint32_t place = 0;       // put, put_slot: in Program::places
  uint32_t jump = 0;
};

struct PutPlace {
  Span span;
  ExpressionId expression;
  Placement placement;
};

// Whether a slot's value is this text.
struct TextTest {
  uint32_t slot;
  std::string_view text;
};

struct Program {
  std::string literals;  // with kReadableSlack bytes behind them
  std::vector<Operation> operations;
  std::vector<PutPlace> places;
  std::vector<TextTest> tests;

  std::string_view literal(const Operation& operation) const {
    return std::string_view(literals).substr(operation.literal, operation.literal_size);
  }
};

// One line an operation.
std::string dump(const Program& program, const Expressions& expressions);

}  // namespace testloom::templating
