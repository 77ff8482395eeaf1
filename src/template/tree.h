// What the parser makes of one text: a tree of text, placeholders and statements, and what the text declares
// about itself. Views point into the sources, expressions into their pool.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "template/expression/syntax.h"
#include "testloom/template.h"

namespace testloom::templating {

struct Node;

// One way of a choice.
struct Branch {
  Span statement;                          // its if, elif or else
  ExpressionId condition = kNoExpression;  // none: else
  std::vector<Node> body;
};

struct Node {
  enum class Kind { text, put, choice, loop, assignment, block, include };
  Kind kind;
  Span span;                                // text, put: itself; else the statement
  std::string_view content = {};            // text: `$` for `$$`
  ExpressionId expression = kNoExpression;  // put, assignment: the value; loop: what it goes through
  ExpressionId target = kNoExpression;      // loop, assignment
  std::string_view name = {};               // block, include
  std::string_view indentation = {};        // include: the blanks before it
  std::vector<Branch> branches = {};        // choice: at least one
  std::vector<Node> body = {};              // loop, block
  Span end = {};                            // choice, loop, block: the statement that ends it
};

struct ParameterDeclaration {
  Span span;
  Span name_span;
  std::string_view name;
  ValueType type = ValueType::any;
  std::optional<Datum> default_value;
  std::string_view meaning = {};
  std::vector<Datum> choices = {};  // empty: any value of the type
  bool trusted = false;             // raw() may take it
};

struct NeedDeclaration {
  struct Axis {
    std::string_view name;
    Datum value;
  };
  Span span;
  std::string_view template_name;
  std::vector<Axis> axes = {};
};

struct WorkloadDeclaration {
  Span span;  // the key
  std::string_view key;
  Value value;
};

// What a text says about itself, wherever the lines stand.
struct Declarations {
  std::vector<ParameterDeclaration> parameters;
  std::vector<NeedDeclaration> needs;
  bool exclusive = false;
  std::optional<int64_t> cores;
  std::vector<WorkloadDeclaration> workload;  // no key twice
  std::optional<OutputKind> output;
  std::optional<Span> extends;  // the statement
  std::string_view extended;    // the name in it
};

struct Tree {
  uint32_t file = 0;
  std::vector<Node> nodes;
  Declarations declarations;
  bool is_whole = true;  // every statement that has to be ended is
};

// One line a node.
std::string dump(const Sources& sources, const Expressions& expressions, const Tree& tree);

}  // namespace testloom::templating
