// What is known without any value from outside while a loop through constants is written out: its variables
// and where the loop is.
#pragma once

#include <optional>

#include "template/expression/evaluate.h"

namespace testloom::templating {

class KnownValues {
 public:
  KnownValues(const Expressions& expressions, size_t slot_count)
      : expressions_(expressions), evaluator_(expressions, frame_), is_known_(slot_count) {
    frame_.slots.resize(slot_count);
  }

  // Whether a loop is being written out.
  bool within_loop() const { return !iterations_.empty(); }
  // From here to leave_loop() the target's names and the loop's fields are known, each pass anew. The loop
  // stands within `depth` others, of which the innermost ones are being written out too. Returns how often it
  // goes round; nothing, and no loop is entered, when that is not known.
  std::optional<size_t> enter_loop(ExpressionId iterable, size_t depth);
  // One pass: false when the item cannot be taken apart as the target wants.
  bool pass(ExpressionId target, size_t index);
  void leave_loop(ExpressionId target);

  // Whether the value depends on something known, and maybe on more.
  bool mentions_known(ExpressionId id) const;
  // The value when it depends on nothing else; nothing as well when working it out fails, which is for the
  // render to say. What it points to lives as long as this.
  std::optional<Datum> value(ExpressionId id);

 private:
  void mark(ExpressionId target, bool known);
  bool is_known(const Expression& name_or_loop) const;

  const Expressions& expressions_;
  Frame frame_;
  Evaluator evaluator_;
  std::vector<bool> is_known_;  // by slot
  std::vector<Iteration>
      iterations_;  // of the loops that are written out, the innermost ones of frame_.loops
};

}  // namespace testloom::templating
