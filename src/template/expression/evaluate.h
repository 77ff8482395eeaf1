// Works out what a checked expression is worth.
#pragma once

#include "template/expression/syntax.h"

namespace testloom::templating {

// A loop that is being gone through, for loop.index and its kin.
struct LoopState {
  size_t index = 0;  // from 0
  size_t length = 0;
};

// What one render needs besides the program.
struct Frame {
  std::vector<Datum> slots;
  std::vector<LoopState> loops;  // outermost first
  Arena arena;
  size_t steps = 0;  // passes through loops and comprehensions so far
};

// Passes through loops and comprehensions in one render.
inline constexpr size_t kMostSteps = 10'000'000;

class Evaluator {
 public:
  Evaluator(const Expressions& expressions, Frame& frame) : expressions_(expressions), frame_(frame) {}

  // Throws an EvaluationError; failed_at() is then the expression that has no value.
  Datum evaluate(ExpressionId id);
  ExpressionId failed_at() const { return current_; }
  // What fails next, unless a part of it is known better.
  void blame(ExpressionId id) { current_ = id; }

  // Puts a value into a target: a name, or names in a row when the value can be taken apart.
  void assign(ExpressionId target, const Datum& value) {
    const Expression& node = expressions_[target];
    node.kind == ExpressionKind::name ? void(frame_.slots[node.slot] = value) : take_apart(target, value);
  }
  // Counts one pass; throws past the limit.
  void count_step() {
    if (++frame_.steps > kMostSteps) fail_for_steps();
  }

 private:
  void take_apart(ExpressionId target, const Datum& value);
  [[noreturn]] static void fail_for_steps();
  Datum evaluate_name(const Expression& node, ExpressionId id);
  Datum evaluate_items(const Expression& node, ExpressionId id);
  Datum evaluate_comparison(const Expression& node, ExpressionId id);
  Datum evaluate_slice(const Expression& node, ExpressionId id);
  Datum evaluate_attribute(const Expression& node, ExpressionId id);
  Datum evaluate_call(const Expression& node, ExpressionId id);
  Datum evaluate_comprehension(const Expression& node, ExpressionId id);
  // A list that grows, in the arena.
  struct Collected {
    Datum* items = nullptr;
    size_t size = 0;
    size_t capacity = 0;
  };
  void collect(Collected& out, const Datum& item);
  void run_clauses(const Expression& node, size_t clause, Collected& out);
  Datum evaluate_loop_field(const Expression& node) const;

  const Expressions& expressions_;
  Frame& frame_;
  ExpressionId current_ = kNoExpression;
};

}  // namespace testloom::templating
