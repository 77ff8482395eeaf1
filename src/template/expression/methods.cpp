// The methods of str: their arguments, and the short ones whole.
#include <algorithm>

#include <fmt/core.h>

#include "template/expression/arguments.h"
#include "template/expression/characters.h"
#include "template/expression/functions.h"
#include "template/expression/letter_case.h"
#include "template/expression/replacing.h"
#include "template/expression/splitting.h"
#include "template/expression/work.h"

namespace testloom::templating {

namespace {

// In the order of Method.
constexpr std::string_view kNames[] = {"replace",    "upper",    "lower",        "title",       "split",
                                       "rsplit",     "join",     "strip",        "lstrip",      "rstrip",
                                       "startswith", "endswith", "removeprefix", "removesuffix"};

constexpr Signature kReplace = {"replace", {"old", "new", "count"}, 2, 3, 3};
constexpr Signature kUpper = {"upper", {}, 0, 0, 0};
constexpr Signature kLower = {"lower", {}, 0, 0, 0};
constexpr Signature kTitle = {"title", {}, 0, 0, 0};
constexpr Signature kSplit = {"split", {"sep", "maxsplit"}, 0, 0, 2};
constexpr Signature kRsplit = {"rsplit", {"sep", "maxsplit"}, 0, 0, 2};
constexpr Signature kJoin = {"join", {"iterable"}, 1, 1, 1};
constexpr Signature kStrip = {"strip", {"chars"}, 0, 1, 1};
constexpr Signature kLstrip = {"lstrip", {"chars"}, 0, 1, 1};
constexpr Signature kRstrip = {"rstrip", {"chars"}, 0, 1, 1};
constexpr Signature kStartswith = {"startswith", {"prefix", "start", "end"}, 1, 3, 3};
constexpr Signature kEndswith = {"endswith", {"suffix", "start", "end"}, 1, 3, 3};
constexpr Signature kRemoveprefix = {"removeprefix", {"prefix"}, 1, 1, 1};
constexpr Signature kRemovesuffix = {"removesuffix", {"suffix"}, 1, 1, 1};

bool is_given(const Datum* argument) { return argument && !argument->is(DatumKind::none); }

Datum call_replace(std::string_view self, const Arguments& arguments, Arena& arena) {
  const auto [old, by, count] = bind(kReplace, arguments);
  const std::string_view from = text_argument(kReplace, 0, *old), to = text_argument(kReplace, 1, *by);
  return replace(self, from, to, count ? integer_argument(kReplace, 2, *count) : -1, arena);
}

Datum call_split(const Signature& signature, Side side, std::string_view self, const Arguments& arguments,
                 Arena& arena) {
  const auto [sep, maxsplit, none] = bind(signature, arguments);
  const int64_t limit = maxsplit ? integer_argument(signature, 1, *maxsplit) : -1;
  if (!is_given(sep)) return split_at_blanks(self, limit, side, arena);
  const std::string_view separator = text_argument(signature, 0, *sep);
  if (separator.empty()) throw EvaluationError{fmt::format("{}() takes no empty separator", signature.name)};
  return split_at(self, separator, limit, side, arena);
}

Datum call_strip(const Signature& signature, Side side, std::string_view self, const Arguments& arguments) {
  const Datum* chars = bind(signature, arguments)[0];
  if (!is_given(chars)) return text_datum(strip_blanks(self, side));
  return text_datum(strip_characters(self, text_argument(signature, 0, *chars), side));
}

// The part of a text from one character to another, counted as by slices; nothing where they cross.
std::optional<std::string_view> part_of(std::string_view text, int64_t start, int64_t end) {
  const size_t count = count_characters(text);
  const int64_t length = static_cast<int64_t>(count);
  if (start < 0) start = std::max<int64_t>(start + length, 0);
  end = end < 0 ? std::max<int64_t>(end + length, 0) : std::min(end, length);
  if (start > end) return std::nullopt;
  const size_t from = character_offset(text, count, static_cast<size_t>(start));
  return text.substr(from, character_offset(text, count, static_cast<size_t>(end)) - from);
}

Datum call_tail_match(const Signature& signature, Side side, std::string_view self,
                      const Arguments& arguments) {
  const auto [affix, start, end] = bind(signature, arguments);
  std::optional<std::string_view> part = self;
  if (is_given(start) || is_given(end)) {
    part = part_of(self, is_given(start) ? integer_argument(signature, 1, *start) : 0,
                   is_given(end) ? integer_argument(signature, 2, *end) : INT64_MAX);
  }
  const bool several = affix->is(DatumKind::tuple);
  const auto matches = [&](const Datum& one) {
    if (!one.is(DatumKind::text)) {
      throw EvaluationError{fmt::format("{}() takes a text or a tuple of texts, not {}'{}'", signature.name,
                                        several ? "a tuple with " : "", type_name(one))};
    }
    if (!part) return false;
    spend(one.size + 16);
    return side == Side::left ? part->starts_with(one.text()) : part->ends_with(one.text());
  };
  return boolean_datum(several ? std::any_of(affix->begin(), affix->end(), matches) : matches(*affix));
}

Datum call_remove(const Signature& signature, Side side, std::string_view self, const Arguments& arguments) {
  const std::string_view affix = text_argument(signature, 0, *bind(signature, arguments)[0]);
  if (side == Side::left) {
    if (self.starts_with(affix)) self.remove_prefix(affix.size());
  } else {
    if (self.ends_with(affix)) self.remove_suffix(affix.size());
  }
  return text_datum(self);
}

Datum call_case(const Signature& signature, Datum (*convert)(std::string_view, Arena&), std::string_view self,
                const Arguments& arguments, Arena& arena) {
  bind(signature, arguments);
  return convert(self, arena);
}

}  // namespace

std::span<const std::string_view> method_names() { return kNames; }

std::optional<Method> find_method(std::string_view name) {
  const auto found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<Method>(found - std::begin(kNames));
}

Datum call(Method method, std::string_view self, const Arguments& arguments, Arena& arena) {
  switch (method) {
    case Method::replace:
      return call_replace(self, arguments, arena);
    case Method::upper:
      return call_case(kUpper, upper_case, self, arguments, arena);
    case Method::lower:
      return call_case(kLower, lower_case, self, arguments, arena);
    case Method::title:
      return call_case(kTitle, title_case, self, arguments, arena);
    case Method::split:
      return call_split(kSplit, Side::left, self, arguments, arena);
    case Method::rsplit:
      return call_split(kRsplit, Side::right, self, arguments, arena);
    case Method::join:
      return join(self, *bind(kJoin, arguments)[0], arena);
    case Method::strip:
      return call_strip(kStrip, Side::both, self, arguments);
    case Method::lstrip:
      return call_strip(kLstrip, Side::left, self, arguments);
    case Method::rstrip:
      return call_strip(kRstrip, Side::right, self, arguments);
    case Method::startswith:
      return call_tail_match(kStartswith, Side::left, self, arguments);
    case Method::endswith:
      return call_tail_match(kEndswith, Side::right, self, arguments);
    case Method::removeprefix:
      return call_remove(kRemoveprefix, Side::left, self, arguments);
    case Method::removesuffix:
      return call_remove(kRemovesuffix, Side::right, self, arguments);
  }
  return none_datum();
}

}  // namespace testloom::templating
