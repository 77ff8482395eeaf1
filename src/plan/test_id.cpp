#include "plan/test_id.h"

#include <boost/uuid/detail/md5.hpp>

namespace testloom {

namespace {

std::string_view text_of(const Digest& digest) { return {digest.data(), digest.size()}; }

// Boost gives the digest as words that read like it, or, from 1.86 on, as its bytes.
template <typename Unit, size_t kUnits>
Digest digits_of(const Unit (&units)[kUnits]) {
  static_assert(kUnits * sizeof(Unit) == 16);
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr size_t kDigits = 2 * sizeof(Unit);
  Digest digest;
  for (size_t i = 0; i < digest.size(); ++i) {
    const size_t shift = 4 * (kDigits - 1 - i % kDigits);
    digest[i] = digits[units[i / kDigits] >> shift & 15];
  }
  return digest;
}

}  // namespace

Digest md5_of(std::string_view text) {
  boost::uuids::detail::md5 hash;
  hash.process_bytes(text.data(), text.size());
  boost::uuids::detail::md5::digest_type digest;
  hash.get_digest(digest);
  return digits_of(digest);
}

void make_test_id(std::string& out, const Digest& model_name_hash, std::string_view case_name,
                  const Definition& definition) {
  const Digest case_hash = md5_of(case_name);
  std::string& hashed = out;  // its memory is there already
  hashed.assign(text_of(case_hash)).append(" ").append(definition.model_family);
  hashed.append(" ").append(definition.template_hash).append(" ").append(definition.model_hash);
  const Digest hash = md5_of(hashed);
  const std::string_view name = text_of(model_name_hash), rest = text_of(hash);
  // The variant's two bits in place of the digit's upper ones.
  const char digit = rest[7];
  const int value = digit <= '9' ? digit - '0' : digit - 'a' + 10;
  out.assign(name.substr(0, 8)).append("-").append(rest.substr(0, 4)).append("-8").append(rest.substr(4, 3));
  out.append("-").append(1, "89ab"[value % 4]).append(rest.substr(8, 3));
  out.append("-").append(rest.substr(11, 12));
}

}  // namespace testloom
