// Tests at batch sizes that their plan does not have: the same test otherwise, with the id that a plan would
// give it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plan/tests.h"

namespace testloom {

// What a case is of; its name begins with these.
struct CaseParts {
  std::string_view model_name;
  std::string_view hardware_type;
  std::string_view template_name;
};

// A case's name with another batch size: "m/cpu/t[batch_size=48,dtype=float16]". As `batch_size`, "*" makes a
// name of the chain. Empty where the name is not of this form.
std::string with_batch_size(std::string_view case_name, const CaseParts& parts, std::string_view batch_size);

// What a test's id is made of besides its names.
struct DefinitionHashes {
  std::string of_template;  // template_versions.definition_hash
  std::string of_model;     // plan_models.definition_hash
};

// Only batch size, case and id are others; predictions and dependencies stay those of `test`.
PlannedTest at_batch_size(const PlannedTest& test, int64_t batch_size, const DefinitionHashes& hashes);

}  // namespace testloom
