// Conditions that ask for nothing but which text a name's value is, as `hardware_type == "cuda"`, chains of
// them with `or`, and `model_family in ["vision", "audio"]`; or that it is none of them.
#pragma once

#include <optional>
#include <vector>

#include "template/program.h"

namespace testloom::templating {

inline constexpr size_t kMostTextTests = 1000;

// Appends the condition's tests. Returns false when the condition holds as soon as one of them passes, true
// when it holds if none does, and nothing for another kind of condition; then what was appended is
// unspecified.
std::optional<bool> add_text_tests(const Expressions& expressions, ExpressionId condition,
                                   std::vector<TextTest>& tests);

}  // namespace testloom::templating
