// Finds known token sequences in a model's name. A sequence matches without regard to case and separators
// but only as whole tokens; tokens end at separators, humps (TinyLlama) and before digits (phi3, dinov2).
// Knows nothing of what the sequences mean: it maps each to a number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace testloom {

// Whether a token may start at text[at], or one may end just before it. Bytes outside ASCII belong to tokens
// and match nothing.
bool token_starts(std::string_view text, size_t at);
bool token_ends(std::string_view text, size_t at);

class TokenTrie {
 public:
  struct Match {
    uint16_t value = 0;
    size_t end = 0;  // one past the last byte of the match
  };

  TokenTrie();

  // Adds a sequence of lower-case letters and digits with single blanks between its tokens; `value` < 65535.
  // Answers the value that an equal sequence has already, and then changes nothing.
  std::optional<uint16_t> add(std::string_view sequence, uint16_t value);

  // The value of exactly this sequence, which is written as for add().
  std::optional<uint16_t> find(std::string_view sequence) const;

  // Gives a sequence that is there another value.
  void replace(std::string_view sequence, uint16_t value);

  // The longest sequence that begins at text[at], which must be a token's start.
  std::optional<Match> longest(std::string_view text, size_t at) const;

 private:
  // Letters, digits, and the break between two digits: "gemma 3 1b" is not "gemma 31b".
  static constexpr size_t symbols = 37;
  struct Node {
    std::array<uint16_t, symbols> next{};  // 0: none, since the root follows nothing
    uint16_t value;
  };

  uint16_t node_of(std::string_view sequence) const;  // 0: none

  std::vector<Node> nodes_;
};

}  // namespace testloom
