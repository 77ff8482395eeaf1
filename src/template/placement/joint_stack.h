// Holds a scanner's states at the two ends of what a line statement governs against each other. What stands
// between two joints may be there once, several times or not at all; where the states are equal, the scan of
// the whole is right for every one of these texts.
#pragma once

#include <utility>
#include <vector>

#include "template/placement/code_text.h"

namespace testloom::templating {

// A State is everything that what follows depends on; it can be copied and compared.
template <typename State>
class JointStack {
 public:
  // To be called with each joint in order and the state there. False where a branch or a loop's body does not
  // end in the state that it begins in.
  bool pass(const Joint& joint, State now) {
    switch (joint.kind) {
      case Joint::Kind::if_begin:
      case Joint::Kind::for_begin:
        begins_.push_back(std::move(now));
        return true;
      case Joint::Kind::if_next:
        return begins_.back() == now;
      case Joint::Kind::if_end:
      case Joint::Kind::for_end:
        break;
    }
    const bool same = begins_.back() == now;
    begins_.pop_back();
    return same;
  }

  // How many branches and loops are around.
  size_t depth() const { return begins_.size(); }

 private:
  std::vector<State> begins_;
};

// What to say where pass() is false.
inline Mistake unbalanced_joint(const Joint& joint) {
  return {joint.statement,
          "what stands before this line does not close what it opens, or opens what it closes",
          "let quotes, brackets and the like begin and end on the same side of a line statement"};
}

}  // namespace testloom::templating
