// A case's name taken apart: model/hardware/template[batch_size=4,dtype=float32]. Outcomes of older stores
// say no more than this of their test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace testloom {

struct CaseName {
  std::string model_name;
  std::string hardware_type;
  int64_t batch_size = 0;
  std::string template_name;
  std::string axes;  // what follows the batch size, as dtype=float32,layout=nchw
};

// What is not of this form is a model's name alone.
CaseName parse_case(std::string_view case_name);

std::string axes_label(std::string_view case_name);

}  // namespace testloom
