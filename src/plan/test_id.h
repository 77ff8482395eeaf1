// The identity of a test, as the view `tests` makes it with DuckDB's functions; here it is many times faster.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace testloom {

// The MD5 of a text as 32 hexadecimal digits.
using Digest = std::array<char, 32>;
Digest md5_of(std::string_view text);

// What a test's id is made of besides its case.
struct Definition {
  std::string_view model_family;
  std::string_view template_hash;  // template_versions.definition_hash
  std::string_view model_hash;     // plan_models.definition_hash
};

// The UUID (version 8) of one exact definition: 32 bits of the model name's hash, then bits of the hash of
// case and definition. Written to `out`, 36 characters. `model_name_hash` is md5_of(the model's name).
void make_test_id(std::string& out, const Digest& model_name_hash, std::string_view case_name,
                  const Definition& definition);

}  // namespace testloom
