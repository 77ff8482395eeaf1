// Which variables are known at a point of a template, on every way that leads there.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "testloom/template.h"

namespace testloom::templating {

class Scope {
 public:
  struct Variable {
    std::string_view name;
    size_t slot;
    ValueType type;
  };
  using Mark = size_t;

  // Variables get the slots from `first_slot` on.
  explicit Scope(size_t first_slot) : slot_count_(first_slot) {}

  const std::vector<Variable>& visible() const { return visible_; }
  const Variable* find(std::string_view name) const;
  size_t slot_count() const { return slot_count_; }

  // To be told beforehand how often each variable is set.
  void count_assignment(std::string_view name) { ++assignments_[name].count; }
  size_t assigned_names() const { return assignments_.size(); }
  // A new variable that hides an older one of its name until it is forgotten; returns its slot.
  size_t declare(std::string_view name, ValueType type);
  // Sets a variable, which is known from here on; the same one wherever its name is set. Returns its slot.
  size_t assign(std::string_view name, ValueType type);

  Mark mark() const { return visible_.size(); }
  // Forgets what came after the mark; `why` says where those were known.
  void forget_since(Mark mark, std::string_view why);
  // Where a variable that is not known any more was known; empty for one never heard of.
  std::string_view why_forgotten(std::string_view name) const;

  // The ways of a choice: each begins with what was known before it, and behind it is known what all of them
  // know.
  struct Ways {
    Mark mark;
    std::vector<std::vector<Variable>> ends;  // what each way added
  };
  Ways begin_ways() const { return {mark(), {}}; }
  void end_way(Ways& ways);
  void join(const Ways& ways);

 private:
  struct Assignments {
    size_t count = 0;
    size_t slot = 0;  // 0: none yet
  };
  std::vector<Variable> visible_;
  std::map<std::string_view, Assignments> assignments_;
  std::map<std::string_view, std::string> forgotten_;
  size_t slot_count_;
};

}  // namespace testloom::templating
