#include "model/family/token_trie.h"

#include <stdexcept>

namespace testloom {

namespace {

constexpr uint16_t no_value = 0xFFFF;
constexpr uint8_t digit_break = 36;
constexpr uint8_t separator = 254;
constexpr uint8_t other = 255;

// The symbol of each byte: letters 0–25 whatever their case, digits 26–35, ASCII separators, bytes outside
// ASCII.
constexpr std::array<uint8_t, 256> symbol_of = [] {
  std::array<uint8_t, 256> table{};
  for (size_t byte = 0; byte < 256; ++byte) {
    const auto set = [&](size_t symbol) { table[byte] = static_cast<uint8_t>(symbol); };
    if (byte >= 'a' && byte <= 'z') {
      set(byte - 'a');
    } else if (byte >= 'A' && byte <= 'Z') {
      set(byte - 'A');
    } else if (byte >= '0' && byte <= '9') {
      set(26 + byte - '0');
    } else {
      set(byte < 128 ? separator : other);
    }
  }
  return table;
}();

uint8_t symbol_at(std::string_view text, size_t at) { return symbol_of[static_cast<uint8_t>(text[at])]; }
bool is_letter(uint8_t symbol) { return symbol < 26; }
bool is_digit(uint8_t symbol) { return symbol >= 26 && symbol < 36; }
bool is_upper(char byte) { return byte >= 'A' && byte <= 'Z'; }
bool is_lower(char byte) { return byte >= 'a' && byte <= 'z'; }

// Every symbol of a sequence that is written as for add(), the break between two digits included.
template <typename Step>
void each_symbol(std::string_view sequence, Step step) {
  for (size_t at = 0; at < sequence.size(); ++at) {
    const uint8_t symbol = symbol_at(sequence, at);
    if (symbol < digit_break) {
      step(symbol);
    } else if (is_digit(symbol_at(sequence, at - 1)) && is_digit(symbol_at(sequence, at + 1))) {
      step(digit_break);
    }
  }
}

}  // namespace

bool token_starts(std::string_view text, size_t at) {
  if (symbol_at(text, at) >= digit_break) return false;
  if (at == 0 || symbol_at(text, at - 1) == separator) return true;
  if (!is_upper(text[at])) return false;
  if (is_lower(text[at - 1]) || is_digit(symbol_at(text, at - 1))) return true;
  return is_upper(text[at - 1]) && at + 1 < text.size() && is_lower(text[at + 1]);
}

bool token_ends(std::string_view text, size_t at) {
  if (at == text.size() || symbol_at(text, at) == separator || token_starts(text, at)) return true;
  if (is_digit(symbol_at(text, at))) return is_letter(symbol_at(text, at - 1));
  const bool version = (text[at] == 'v' || text[at] == 'V') && at + 1 < text.size();
  return version && is_digit(symbol_at(text, at + 1));
}

TokenTrie::TokenTrie() : nodes_(1, Node{{}, no_value}) {}

std::optional<uint16_t> TokenTrie::add(std::string_view sequence, uint16_t value) {
  uint16_t node = 0;
  each_symbol(sequence, [&](uint8_t symbol) {
    if (nodes_[node].next[symbol] == 0) {
      if (nodes_.size() >= 0xFFFF) throw std::length_error("too many token sequences");
      nodes_[node].next[symbol] = static_cast<uint16_t>(nodes_.size());
      nodes_.push_back(Node{{}, no_value});
    }
    node = nodes_[node].next[symbol];
  });
  if (nodes_[node].value != no_value) return nodes_[node].value;
  nodes_[node].value = value;
  return std::nullopt;
}

uint16_t TokenTrie::node_of(std::string_view sequence) const {
  uint16_t node = 0;
  bool known = !sequence.empty();
  each_symbol(sequence, [&](uint8_t symbol) {
    if (known) node = nodes_[node].next[symbol];
    known = known && node != 0;
  });
  return known ? node : 0;
}

std::optional<uint16_t> TokenTrie::find(std::string_view sequence) const {
  const uint16_t node = node_of(sequence);
  return node == 0 || nodes_[node].value == no_value ? std::nullopt : std::optional(nodes_[node].value);
}

void TokenTrie::replace(std::string_view sequence, uint16_t value) {
  nodes_[node_of(sequence)].value = value;
}

std::optional<TokenTrie::Match> TokenTrie::longest(std::string_view text, size_t at) const {
  std::optional<Match> best;
  uint16_t node = 0;
  bool after_digit = false;
  while (at < text.size()) {
    uint8_t symbol = symbol_at(text, at);
    if (symbol == separator) {
      while (at < text.size() && symbol_at(text, at) == separator) ++at;
      if (at == text.size()) break;
      if (after_digit && is_digit(symbol_at(text, at))) {
        node = nodes_[node].next[digit_break];
        if (node == 0) break;
      }
      symbol = symbol_at(text, at);
    }
    if (symbol == other) break;
    node = nodes_[node].next[symbol];
    if (node == 0) break;
    after_digit = is_digit(symbol);
    ++at;
    const uint16_t value = nodes_[node].value;
    if (value != no_value && token_ends(text, at)) best = Match{value, at};
  }
  return best;
}

}  // namespace testloom
