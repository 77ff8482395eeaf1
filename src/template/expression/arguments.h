// The arguments of one call by the parameters of what is called, as Python binds them.
#pragma once

#include <array>

#include "template/expression/functions.h"

namespace testloom::templating {

inline constexpr size_t kMostParameters = 3;

struct Signature {
  std::string_view name;
  std::array<std::string_view, kMostParameters> parameters;  // empty after the last
  size_t required;                                           // the first so many have no default
  size_t positional_only;                                    // the first so many cannot be given by name
  size_t positional;  // the first so many can be given without their name

  constexpr size_t size() const {
    size_t count = 0;
    while (count < kMostParameters && !parameters[count].empty()) ++count;
    return count;
  }
};

// What is given for each parameter, or null.
using Bound = std::array<const Datum*, kMostParameters>;

// Throws for arguments that are missing, too many, unknown or given twice.
Bound bind(const Signature& signature, const Arguments& arguments);

// The argument for a parameter as what it must be; throw where it is not.
std::string_view text_argument(const Signature& signature, size_t parameter, const Datum& argument);
int64_t integer_argument(const Signature& signature, size_t parameter, const Datum& argument);

}  // namespace testloom::templating
