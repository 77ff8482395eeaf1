// Reads the JSON of a safetensors header piece by piece, keeping nothing of it but the tensors, so that a
// header of any size costs what is in it and garbage is refused where it begins.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/weights/tensor.h"

namespace testloom {

class SafetensorsJson {
 public:
  SafetensorsJson();
  ~SafetensorsJson();
  SafetensorsJson(const SafetensorsJson&) = delete;
  SafetensorsJson& operator=(const SafetensorsJson&) = delete;

  struct Problem {
    std::string message;
    uint64_t offset;  // in the JSON
  };
  // The next piece; `last` says that it is the end. Nothing may follow a problem.
  std::optional<Problem> read(std::string_view piece, bool last);

  // Once all is read. Places are as the JSON has them, from the end of the header, and not checked.
  std::vector<TensorInfo> take();

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

// Bits of an element of a dtype as safetensors names it; nothing for one that it does not have.
std::optional<int> safetensors_bits(std::string_view dtype);

}  // namespace testloom
