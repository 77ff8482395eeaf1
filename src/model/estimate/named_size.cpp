#include "model/estimate/named_size.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "model/family/name_search.h"

namespace testloom {

namespace {

constexpr double shared_part = 0.2;         // of an expert's parameters, which all experts have in common
constexpr double active_to_all = 6;         // Qwen1.5-MoE-A2.7B has 14.3 B
constexpr double beside_effective = 3.8e9;  // Gemma 3n: E2B has 5.4 B, E4B 7.8 B
constexpr double least_millions = 3;        // below this, M is a context's length
constexpr double most_parameters = 2e13;    // above what there is
constexpr size_t most_digits = 4;           // of a size; more are dates and steps

enum : uint8_t { other, digit, letter, separator };

constexpr std::array<uint8_t, 256> kind_of = [] {
  std::array<uint8_t, 256> table{};
  for (size_t byte = 0; byte < 128; ++byte) {
    const bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    table[byte] = byte >= '0' && byte <= '9' ? digit : is_letter ? letter : separator;
  }
  return table;
}();

uint8_t kind_at(std::string_view text, size_t at) {
  return at < text.size() ? kind_of[static_cast<uint8_t>(text[at])] : uint8_t{separator};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, {}, lower);
}

// Words whose numbers count data: right before a number, or one separator before it.
constexpr std::string_view data_words[] = {"laion",    "datacomp", "commonpool", "yfcc",   "dfn",
                                           "babylm",   "context",  "ctx",        "fullcc", "cc",
                                           "metaclip", "so",       "webli"};
// Behind a number they say what was counted.
constexpr std::string_view counted_words[] = {"token",   "tokens", "tok",   "toks",
                                              "context", "ctx",    "words", "samples"};
// And from these on, the numbers tell how far a training was.
constexpr std::string_view training_words[] = {"step", "steps", "token", "tokens", "iter"};

bool is_one_of(std::string_view text, std::span<const std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return equal(text, word); });
}

// The letters that end just before text[end].
std::string_view letters_before(std::string_view text, size_t end) {
  size_t begin = end;
  while (begin > 0 && kind_at(text, begin - 1) == letter) --begin;
  return text.substr(begin, end - begin);
}

std::string_view letters_from(std::string_view text, size_t begin) {
  begin = std::min(begin, text.size());
  size_t end = begin;
  while (kind_at(text, end) == letter) ++end;
  return text.substr(begin, end - begin);
}

// A number that ends just before a unit.
struct Number {
  double value = 0;
  size_t begin = 0;
};

size_t digits_before(std::string_view text, size_t end) {
  size_t begin = end;
  while (begin > 0 && kind_at(text, begin - 1) == digit) --begin;
  return begin;
}

double value_of(std::string_view digits) {
  double value = 0;
  for (const char c : digits) value = 10 * value + (c - '0');
  return value;
}

// "7", "1.1", the "3" of gemma-2.1.3b, and "1_8" behind a dash, since elsewhere the underscore separates.
std::optional<Number> number_before(std::string_view text, size_t end) {
  const size_t last = digits_before(text, end);
  const size_t digits = end - last;
  if (digits == 0 || digits > most_digits) return std::nullopt;
  const Number whole{value_of(text.substr(last, digits)), last};
  const char joint = last > 0 ? text[last - 1] : '\0';
  if (joint != '.' && joint != '_') return whole;
  const size_t first = digits_before(text, last - 1);
  const size_t length = last - 1 - first;
  const char before = first > 0 ? text[first - 1] : '-';
  if (length == 0 || length > most_digits || before == '.') return whole;
  if (joint == '_' && (before != '-' || digits > 1 || length > 1)) return whole;
  double fraction = whole.value;
  for (size_t at = 0; at < digits; ++at) fraction /= 10;
  return Number{value_of(text.substr(first, length)) + fraction, first};
}

enum class Meaning : uint8_t { none, size, active, effective };

// What stands before a number makes of it.
Meaning meaning_of(std::string_view name, size_t begin) {
  if (begin > 0 && kind_at(name, begin - 1) == other) return Meaning::none;
  const bool apart = begin == 0 || kind_at(name, begin - 1) == separator;
  const std::string_view word = begin == 0 ? "" : letters_before(name, apart ? begin - 1 : begin);
  if (is_one_of(word, data_words)) return Meaning::none;
  if (apart || word.empty()) return Meaning::size;
  const size_t word_begin = begin - word.size();
  if (word.size() > 1) return Meaning::size;
  if (word_begin > 0 && kind_at(name, word_begin - 1) != separator) return Meaning::none;
  const char single = lower(word.front());
  if (single == 'a') return Meaning::active;
  if (single == 'e') return Meaning::effective;
  return single == 'r' ? Meaning::size : Meaning::none;
}

// 8 of 8x7B, where the 7 begins at `begin`; then moves `begin` to it.
int experts_before(std::string_view name, size_t& begin) {
  if (begin < 2 || lower(name[begin - 1]) != 'x') return 0;
  const size_t first = digits_before(name, begin - 1);
  const size_t digits = begin - 1 - first;
  if (digits == 0 || digits > 3) return 0;
  begin = first;
  return static_cast<int>(value_of(name.substr(first, digits)));
}

// Where the size ends whose unit stands at name[unit], with what 7b1 says behind it; nothing where it is
// no token's end.
std::optional<size_t> size_end(std::string_view name, size_t unit, double& value) {
  size_t end = unit + 1;
  if (kind_at(name, end) == digit && kind_at(name, end + 1) != digit && lower(name[unit]) == 'b') {
    value += (name[end] - '0') / 10.0;
    ++end;
  }
  const uint8_t kind = kind_at(name, end);
  if (kind == separator) return end;
  const bool version = kind == letter && lower(name[end]) == 'v' && kind_at(name, end + 1) == digit;
  return version ? std::optional(end) : std::nullopt;
}

double factor_of(char unit) {
  if (unit == 'T') return 1e12;
  return lower(unit) == 'b' ? 1e9 : 1e6;
}

// The sizes that were found, the largest of each unit.
struct Sizes {
  NamedSize billions, millions, trillions;
  double active = 0;
  bool any = false;

  void take(NamedSize& kept, const NamedSize& found) {
    any = true;
    if (found.parameters > kept.parameters) kept = found;
  }

  std::optional<NamedSize> answer() const {
    for (NamedSize size : {billions, millions, trillions}) {
      if (size.parameters == 0) continue;
      if (active < size.parameters) size.active = active;
      return size;
    }
    if (active > 0) return NamedSize{active_to_all * active, 0, 0, active};
    return std::nullopt;
  }
};

void take_size(std::string_view name, size_t unit, Sizes& sizes) {
  const std::optional<Number> number = number_before(name, unit);
  if (!number) return;
  double value = number->value;
  size_t begin = number->begin;
  const int experts = experts_before(name, begin);
  const std::optional<size_t> end = size_end(name, unit, value);
  const double factor = factor_of(name[unit]);
  if (!end || value <= 0 || (factor == 1e6 && value < least_millions)) return;
  const Meaning meaning = meaning_of(name, begin);
  if (meaning == Meaning::none || is_one_of(letters_from(name, *end + 1), counted_words)) return;
  if (factor == 1e12 && (begin > 0 && kind_at(name, begin - 1) == letter)) return;
  if (meaning == Meaning::active) {
    if (active_to_all * value * factor > most_parameters) return;
    sizes.active = std::max(sizes.active, value * factor);
    return;
  }
  NamedSize size{value * factor};
  if (experts > 1) {
    size = {mixture_size(experts, value * factor), value * factor, experts};
  }
  if (meaning == Meaning::effective) size.parameters += beside_effective;
  if (size.parameters > most_parameters) return;
  sizes.take(factor == 1e9 ? sizes.billions : factor == 1e6 ? sizes.millions : sizes.trillions, size);
}

// Whether the name tells of its training from here on.
bool training_begins(std::string_view name, size_t at) {
  const uint8_t before = at == 0 ? uint8_t{separator} : kind_at(name, at - 1);
  return before == separator && is_one_of(letters_from(name, at), training_words);
}

constexpr std::array<bool, 256> is_unit = [] {
  std::array<bool, 256> table{};
  for (const char unit : {'b', 'B', 'm', 'M', 'T'}) table[static_cast<uint8_t>(unit)] = true;
  return table;
}();

}  // namespace

double mixture_size(int experts, double each) { return (shared_part + (1 - shared_part) * experts) * each; }

std::optional<NamedSize> size_in_name(std::string_view model_name) {
  const std::string_view name = split_name(model_name).name;
  Sizes sizes;
  for (size_t at = 1; at < name.size(); ++at) {
    const char c = name[at];
    if (is_unit[static_cast<uint8_t>(c)] && kind_at(name, at - 1) == digit) take_size(name, at, sizes);
    // What a training step is told of, the size was told before.
    if (sizes.any && (lower(c) == 's' || lower(c) == 't' || lower(c) == 'i') && training_begins(name, at))
      break;
  }
  return sizes.answer();
}

}  // namespace testloom
