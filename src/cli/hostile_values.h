// Values that are made to break a template, and harmless ones of the same type to compare them with.
#pragma once

#include <string>
#include <vector>

#include "testloom/template.h"

namespace testloom::cli {

struct HostileValue {
  Value value;
  std::string leaf;  // of a list or dict: the text in it
};

struct HostileSet {
  HostileValue plain;
  HostileValue other_plain;  // harmless too; what does not change with it is never rendered
  std::vector<HostileValue> hostile;
};

// What to put at a place whose expression has this type; several where the type is known only when rendered,
// none for None. `as_name`: the place is a name or a part of one, where texts and integers alone are
// compared.
std::vector<HostileSet> hostile_sets(ValueType type, bool as_name);

}  // namespace testloom::cli
