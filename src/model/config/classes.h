// Which class a config is loaded with: by a class's own name, by an auto class, or by a task.
#pragma once

#include <string>
#include <string_view>

#include "model/config/config.h"

namespace testloom {

// The name of the class that `wanted` makes of this config. `wanted` may be
//   a class              BertForMaskedLM, which comes back as it is
//   an auto class        AutoModelForCausalLM
//   a task               fill-mask, as the hub's pipelines are called
//   empty                architectures[0] where the config has it, else what AutoModel makes
// Empty where nothing is known of the type's classes. Throws where the type has no class of that kind.
std::string model_class(const ModelConfig& config, std::string_view wanted = {});

// The auto class that a task is loaded with; empty for a word that is no task.
std::string_view auto_class_of_task(std::string_view task);

}  // namespace testloom
