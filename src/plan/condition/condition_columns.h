// Finds the column that a condition names.
#pragma once

#include "plan/condition/condition_text.h"

namespace testloom {

// The index of the column. Fails at `at` for an unknown name, with the nearest known one or the list of them.
size_t find_column(std::string_view name, size_t at, const ConditionText& text,
                   const std::vector<ConditionColumn>& columns);

}  // namespace testloom
