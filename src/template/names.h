// The names that every template may use: their slots, and looking one up.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "testloom/template.h"

namespace testloom::templating {

std::optional<size_t> find_slot(std::string_view name);

// What to say about a name that is not there: the likely one, or all.
std::string unknown_name_hint(std::string_view name);

}  // namespace testloom::templating
