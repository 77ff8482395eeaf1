#include "model/estimate/dtype.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "testloom/error.h"

namespace testloom {

namespace {

// int8 has a float32 scale a row, which is next to nothing; int4 (NF4 of bitsandbytes) has an 8-bit scale for
// each 64 weights, and a float32 for each 256 of those: 4.127 bits a weight.
constexpr std::array<Dtype, 6> dtypes = {{
    {"float64", 8, 8, 8},
    {"float32", 4, 4, 4},
    {"bfloat16", 2, 2, 2},
    {"float16", 2, 2, 2},
    {"int8", 1, 2, 2},
    {"int4", 4.127 / 8, 2, 2},
}};

struct Alias {
  std::string_view name;
  std::string_view dtype;
};
constexpr Alias aliases[] = {{"fp64", "float64"},  {"double", "float64"}, {"fp32", "float32"},
                             {"float", "float32"}, {"bf16", "bfloat16"},  {"fp16", "float16"},
                             {"half", "float16"},  {"8bit", "int8"},      {"4bit", "int4"},
                             {"nf4", "int4"}};

}  // namespace

const Dtype& dtype_of(std::string_view name) {
  if (name.starts_with("torch.")) name.remove_prefix(6);
  const auto alias = std::ranges::find(aliases, name, &Alias::name);
  const std::string_view full = alias == std::end(aliases) ? name : alias->dtype;
  const auto found = std::ranges::find(dtypes, full, &Dtype::name);
  if (found != dtypes.end()) return *found;
  throw Error(ErrorKind::usage, fmt::format("{} is no dtype that is known", quote(name, 40)),
              "known are float64, float32, bfloat16, float16, int8 and int4");
}

DtypeList all_dtypes() { return {dtypes.data(), dtypes.data() + dtypes.size()}; }

double weight_bytes(const Dtype& dtype, int64_t parameters, int64_t embedding) {
  return static_cast<double>(parameters - embedding) * dtype.weight_bytes +
         static_cast<double>(embedding) * dtype.embedding_bytes;
}

}  // namespace testloom
