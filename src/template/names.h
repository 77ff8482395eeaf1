// The names that a template may use and the slots of their values: those that are always there, `config` and
// `model`, and the template's parameters.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "template/tree.h"

namespace testloom::templating {

inline constexpr size_t kConfigSlot = 9;
inline constexpr size_t kModelSlot = 10;
inline constexpr size_t kFirstParameterSlot = 11;

// The slot of a name that is always there, of `config` or `model`.
std::optional<size_t> find_fixed_slot(std::string_view name);
ValueType fixed_type(size_t slot);

// Python's name for a type in a declaration: "int", "str", ...
std::string_view python_word(ValueType type);
// Whether a value is of the type; `any` takes all, a number takes integers too.
bool has_type(const Datum& value, ValueType type);
ValueType type_of(const Datum& value);

}  // namespace testloom::templating
