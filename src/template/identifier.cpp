#include "template/identifier.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/text.h"
#include "template/expression/written.h"
#include "template/python_words.h"

namespace testloom::templating {

namespace {

constexpr size_t kHashDigits = 8;

bool is_hash_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

// Whether a value ends as mapped values do. At least one letter, so that a date at the end is not one.
bool looks_mapped(std::string_view value) {
  if (value.size() < kHashDigits + 1 || value[value.size() - kHashDigits - 1] != '_') return false;
  const std::string_view tail = value.substr(value.size() - kHashDigits);
  return std::all_of(tail.begin(), tail.end(), is_hash_digit) &&
         !std::all_of(tail.begin(), tail.end(), is_digit);
}

// Whether fixed underscores or other values around this one could make a name that Python reserves, such as
// __debug__ or __peg_parser__.
bool may_be_reserved_part(std::string_view value) {
  constexpr std::string_view kWords[] = {"debug", "future", "peg", "parser"};
  if (value.front() != '_' && value.back() != '_') return false;
  if (value.find_first_not_of('_') == std::string_view::npos) return true;
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](std::string_view word) { return value.find(word) != std::string_view::npos; });
}

bool is_name_already(std::string_view value, const Placement& placement) {
  if (value.empty() || !std::all_of(value.begin(), value.end(), is_word_byte)) return false;
  if (placement.begins && is_digit(value.front())) return false;
  if (placement.alone && is_keyword(value)) return false;
  return !looks_mapped(value) && !may_be_reserved_part(value);
}

}  // namespace

void append_name(std::string& out, std::string_view value, const Placement& placement) {
  if (is_name_already(value, placement)) {
    out += value;
    return;
  }
  if (placement.begins && !value.empty() && is_digit(value.front())) out += '_';
  for (size_t at = 0; at < value.size(); at += decode_utf8(value, at).length) {
    out += is_word_byte(value[at]) ? value[at] : '_';
  }
  out += '_';
  std::string hash = short_hash(value, kHashDigits);
  if (std::all_of(hash.begin(), hash.end(), is_digit)) hash[0] = static_cast<char>('a' + (hash[0] - '0') % 6);
  out += hash;
}

std::string_view append_identifier(std::string& out, std::string_view value, const Placement& placement) {
  const bool made_of_words = !value.empty() && std::all_of(value.begin(), value.end(), is_word_byte);
  if (!made_of_words || (placement.begins && is_digit(value.front()))) {
    return "it must be a name there: letters, digits and '_', no digit first";
  }
  const bool taken =
      placement.alone ? is_keyword(value) || is_reserved_name(value) : may_be_reserved_part(value);
  if (taken) return "it must be a name there, and this one belongs to Python";
  out += value;
  return {};
}

bool is_name_of_word_bytes(std::string_view value) {
  if (value.empty()) return false;
  // Most values that are names end here: nothing about them could be a made name's, or a part of Python's.
  const bool plain = value.front() != '_' && value.back() != '_' && !is_digit(value.front()) &&
                     (value.size() <= kHashDigits || value[value.size() - kHashDigits - 1] != '_');
  if (plain) return value.size() > kLongestKeyword || !is_keyword(value);
  return is_name_already(value, {.rule = Rule::name, .begins = true, .alone = true});
}

bool is_name_anywhere(std::string_view value) {
  return std::all_of(value.begin(), value.end(), is_word_byte) && is_name_of_word_bytes(value);
}

Datum make_identifier(const Datum& value, Arena& arena) {
  const bool is_scalar = value.is(DatumKind::text) || value.is(DatumKind::integer) ||
                         value.is(DatumKind::number) || value.is(DatumKind::boolean) ||
                         value.is(DatumKind::none);
  if (!is_scalar) throw EvaluationError{fmt::format("'{}' cannot be made a name", type_name(value)), {}};
  if (value.is(DatumKind::text) && is_name_anywhere(value.text())) return value;
  std::string text, name;
  append_str(text, value);
  append_name(name, text, {.rule = Rule::name, .begins = true, .alone = true});
  return text_datum(arena.copy(name));
}

}  // namespace testloom::templating
