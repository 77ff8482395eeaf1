// An estimate where there is nothing but a model's name.
#pragma once

#include <string_view>

#include "model/estimate/memory.h"

namespace testloom {

// By what the name says of its size and type (origin "name", and why), else by the prior of its family
// (origin "prior"). The family is work.model_family, or where that is empty the one that the name tells.
// Throws as estimate_memory() does for a workload that makes no sense.
Estimate estimate_by_name(std::string_view model_name, const Workload& work);

// By the family and the batch size alone, with the one term "prior".
Estimate estimate_by_prior(std::string_view model_family, const Workload& work);

}  // namespace testloom
