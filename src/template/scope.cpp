#include "template/scope.h"

#include <algorithm>

namespace testloom::templating {

const Scope::Variable* Scope::find(std::string_view name) const {
  const auto found =
      std::find_if(visible_.rbegin(), visible_.rend(), [&](const Variable& v) { return v.name == name; });
  return found == visible_.rend() ? nullptr : &*found;
}

size_t Scope::declare(std::string_view name, ValueType type) {
  const auto assigned = assignments_.find(name);
  const bool also_set = assigned != assignments_.end() && assigned->second.count > 0;
  visible_.push_back({name, slot_count_, also_set ? ValueType::any : type});
  return slot_count_++;
}

size_t Scope::assign(std::string_view name, ValueType type) {
  if (const Variable* known = find(name)) return known->slot;
  Assignments& assigned = assignments_[name];
  if (assigned.slot == 0) assigned.slot = slot_count_++;
  visible_.push_back({name, assigned.slot, assigned.count == 1 ? type : ValueType::any});
  return assigned.slot;
}

void Scope::forget_since(Mark mark, std::string_view why) {
  for (size_t i = mark; i < visible_.size(); ++i) forgotten_[visible_[i].name] = why;
  visible_.resize(mark);
}

std::string_view Scope::why_forgotten(std::string_view name) const {
  const auto found = forgotten_.find(name);
  return found == forgotten_.end() ? std::string_view() : std::string_view(found->second);
}

void Scope::end_way(Ways& ways) {
  ways.ends.emplace_back(visible_.begin() + static_cast<std::ptrdiff_t>(ways.mark), visible_.end());
  forget_since(ways.mark, "on some ways to here only");
}

void Scope::join(const Ways& ways) {
  if (ways.ends.empty()) return;
  for (const Variable& variable : ways.ends.front()) {
    const bool everywhere =
        std::all_of(ways.ends.begin(), ways.ends.end(), [&](const std::vector<Variable>& end) {
          return std::any_of(end.begin(), end.end(),
                             [&](const Variable& v) { return v.name == variable.name; });
        });
    if (everywhere) visible_.push_back(variable);
  }
}

}  // namespace testloom::templating
