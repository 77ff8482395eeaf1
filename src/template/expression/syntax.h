// The syntax tree of expressions: nodes in one pool, known by number. The parser makes them, the checker
// fills in types and slots, the evaluator walks them.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "template/expression/functions.h"
#include "template/expression/operations.h"
#include "template/source.h"
#include "testloom/template.h"

namespace testloom::templating {

using ExpressionId = uint32_t;
inline constexpr ExpressionId kNoExpression = std::numeric_limits<ExpressionId>::max();

enum class ExpressionKind : uint8_t {
  constant,       // `constant`
  name,           // `text`; `slot` once checked
  list,           // children
  tuple,          // children
  dict,           // children: key, value, key, value, ...
  unary,          // op a
  binary,         // a op b
  both,           // a and b
  either,         // a or b
  comparison,     // a, children: links
  link,           // one `op a` of a comparison
  conditional,    // a if b else c
  subscript,      // a[b]
  slice,          // a[b:children]: children start, stop, step, or kNoExpression each
  attribute,      // a.text
  call_function,  // op(children); children: arguments, keywords last
  call_method,    // a.op(children)
  identifier,     // identifier(a)
  raw,            // raw(a)
  keyword,        // text=a, an argument
  comprehension,  // [a children]; children: clauses, outermost first
  clause,         // for b in a if children; children: conditions
  loop,           // loop.<op>; `slot` numbers the loop once checked
  broken,         // a mistake was reported here
};

enum class LoopField : uint8_t { index, first, last, length };

struct Expression {
  ExpressionKind kind = ExpressionKind::broken;
  uint8_t op = 0;  // UnaryOperator, BinaryOperator, CompareOperator, Function, Method, LoopField
  ValueType type = ValueType::any;
  Span span = {};
  ExpressionId a = kNoExpression;
  ExpressionId b = kNoExpression;
  ExpressionId c = kNoExpression;
  uint32_t first = 0;  // of the children
  uint32_t count = 0;
  uint32_t slot = 0;
  std::string_view text = {};  // in the source
  Datum constant = {};
};

class Expressions {
 public:
  ExpressionId add(const Expression& expression, std::span<const ExpressionId> children = {}) {
    nodes_.push_back(expression);
    nodes_.back().first = static_cast<uint32_t>(children_.size());
    nodes_.back().count = static_cast<uint32_t>(children.size());
    children_.insert(children_.end(), children.begin(), children.end());
    return static_cast<ExpressionId>(nodes_.size() - 1);
  }
  Expression& operator[](ExpressionId id) { return nodes_[id]; }
  const Expression& operator[](ExpressionId id) const { return nodes_[id]; }
  std::span<const ExpressionId> children(const Expression& parent) const {
    return {children_.data() + parent.first, parent.count};
  }
  // Where constants' texts stand.
  Arena& constants() { return constants_; }

 private:
  std::vector<Expression> nodes_;
  std::vector<ExpressionId> children_;
  Arena constants_;
};

// The expression in one line, fully bracketed, as `(binary + (name batch_size) 1)`.
std::string dump(const Expressions& expressions, ExpressionId id);

}  // namespace testloom::templating
