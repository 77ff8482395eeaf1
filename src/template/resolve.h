// The fourth stage: what every name means. Names become slots, expressions get types, and what can be worked
// out without any value is worked out.
#pragma once

#include "template/compose.h"

namespace testloom::templating {

// A place where a value is put, in the order of the tree.
struct Place {
  Span span;
  ExpressionId expression;
};

struct Resolution {
  std::vector<Place> places;
  size_t slot_count = 0;           // fixed names, parameters, variables
  std::vector<size_t> used_slots;  // of fixed names and parameters, ascending
  std::vector<RequiredKey> required_keys;
};

// Fills in slots and types of `expressions`. REQUIRES: the parameters of the tree's declarations have the
// slots from kFirstParameterSlot on, in order.
Resolution resolve(const Tree& tree, Expressions& expressions, Mistakes& mistakes);

}  // namespace testloom::templating
