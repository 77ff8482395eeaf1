// Random expressions of the template language that are mostly worth something: each is asked for as a type,
// and holds a part of another type now and then. Every operator, function and method comes up, with arguments
// by place and by name. Brackets stand where they are needed, at times where they are not, and at times they
// are left out, so that the grammar has to group for itself.
#pragma once

#include <array>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

namespace testloom {

class RandomExpression {
 public:
  enum class Kind { integer, number, boolean, text, list, tuple, dict, range, none };
  struct Name {
    std::string name;
    Kind kind;
  };

  RandomExpression(unsigned seed, std::vector<Name> names)
      : RandomExpression([random = std::mt19937(seed)](size_t bound) mutable { return random() % bound; },
                         std::move(names)) {}
  // With every choice, a number below a bound, made by somebody else.
  RandomExpression(std::function<size_t(size_t)> choose, std::vector<Name> names)
      : choose_(std::move(choose)), names_(std::move(names)) {}

  std::string next() {
    const size_t known = names_.size();
    std::string text = make(any_kind(), static_cast<int>(below(4)) + 1).text;
    names_.resize(known);
    return text;
  }

 private:
  // How tightly a piece holds together, from a conditional to an atom; as Python's grammar has it.
  enum Level { conditional, either, both, inverted, comparison, sum, term, sign, power, primary };
  struct Piece {
    std::string text;
    Level level = primary;
  };

  size_t below(size_t bound) { return choose_(bound); }
  bool chance(size_t one_in) { return below(one_in) == 0; }
  template <size_t N>
  std::string pick(const std::string_view (&of)[N]) {
    return std::string(of[below(N)]);
  }
  Kind any_kind() { return static_cast<Kind>(below(9)); }

  // A part where `least` is needed; its brackets are left out at times.
  std::string part(Kind kind, int depth, Level least) {
    if (chance(24)) kind = any_kind();
    Piece piece = make(kind, depth - 1);
    const bool needed = piece.level < least;
    if (needed ? !chance(12) : chance(20)) return "(" + piece.text + ")";
    return piece.text;
  }
  std::string part(Kind kind, int depth) { return part(kind, depth, conditional); }

  Piece make(Kind kind, int depth) {
    if (depth <= 0) return leaf(kind);
    if (chance(9)) return general(kind, depth);
    switch (kind) {
      case Kind::integer:
        return integer(depth);
      case Kind::number:
        return number(depth);
      case Kind::boolean:
        return boolean(depth);
      case Kind::text:
        return text(depth);
      case Kind::list:
        return list(depth);
      case Kind::tuple:
        return tuple(depth);
      case Kind::dict:
        return dict(depth);
      case Kind::range:
        return range(depth);
      case Kind::none:
        return {"None"};
    }
    return {"None"};
  }

  // --- what every type has

  Piece general(Kind kind, int depth) {
    switch (below(7)) {
      case 6:
        return odd(kind, depth);
      case 0:
        return {fmt::format("{} if {} else {}", part(kind, depth, either), part(any_kind(), depth, either),
                            part(kind, depth)),
                conditional};
      case 1:
        return {fmt::format("{} or {}", part(kind, depth, either), part(kind, depth, both)), either};
      case 2:
        return {fmt::format("{} and {}", part(any_kind(), depth, both), part(kind, depth, inverted)), both};
      case 3:
        return {fmt::format("[{}, {}][{}]", part(kind, depth), part(kind, depth), below(3))};
      case 4:
        return {fmt::format("{{{}: {}}}[{}]", key(0), part(kind, depth), key(0))};
      default:
        return {fmt::format("{}([{}]{})", chance(2) ? "min" : "max", chance(3) ? "" : part(kind, depth),
                            chance(2) ? "" : ", default=" + part(kind, depth))};
    }
  }

  // What has no value for most, and what is a value that cannot be written.
  Piece odd(Kind kind, int depth) {
    switch (below(7)) {
      case 0:
        return {fmt::format("[{}]", pairs(depth))};
      case 1:
        return {fmt::format("(not {})", pairs(depth))};
      case 2:
        return {fmt::format("({} == {})", pairs(depth), part(kind, depth, sum))};
      case 3:
        return {fmt::format("max({}, key=None)", part(sized(), depth))};
      case 4:
        return {fmt::format("str({}, sep=1)", part(kind, depth))};
      case 5:
        return {
            fmt::format("(float('{}') * {})", chance(2) ? "inf" : "nan", part(Kind::number, depth, sign))};
      default:
        return {fmt::format("({} in {})", part(kind, depth, sum), pairs(depth))};
    }
  }

  Piece leaf(Kind kind) {
    std::vector<const Name*> known;
    for (const Name& name : names_) {
      if (name.kind == kind) known.push_back(&name);
    }
    if (!known.empty() && !chance(3)) return {known[below(known.size())]->name};
    switch (kind) {
      case Kind::integer:
        return {integer_literal()};
      case Kind::number:
        return {number_literal()};
      case Kind::boolean:
        return {chance(2) ? "True" : "False"};
      case Kind::text:
        return {text_literal()};
      case Kind::list:
        return {chance(2) ? "[]" : fmt::format("[{}, {},]", leaf(any_kind()).text, leaf(any_kind()).text)};
      case Kind::tuple:
        return {chance(2) ? "()" : fmt::format("({},)", leaf(any_kind()).text)};
      case Kind::dict:
        return {chance(2) ? "{}" : fmt::format("{{{}: {}}}", key(0), leaf(any_kind()).text)};
      case Kind::range:
        return {fmt::format("range({})", below(6))};
      case Kind::none:
        return {"None"};
    }
    return {"None"};
  }

  // --- literals

  std::string integer_literal() {
    constexpr std::string_view odd[] = {"9223372036854775807",
                                        "9223372036854775806",
                                        "4611686018427387904",
                                        "3037000500",
                                        "9007199254740993",
                                        "0x1F",
                                        "0o17",
                                        "0b1010",
                                        "1_000",
                                        "0xDEAD_beef",
                                        "00",
                                        "4294967296",
                                        "1000000007",
                                        "65536"};
    return chance(4) ? pick(odd) : std::to_string(below(12));
  }

  std::string number_literal() {
    constexpr std::string_view numbers[] = {
        "0.5", "1.5",   "2.5",    "0.1",     "1e3",   "1e-5", "1e16",       "1e22", ".25", "3.",
        "0.0", "1e308", "5e-324", "1_0.2_5", "2.675", "1e15", "123456.789", "1E+2", "0.3"};
    return pick(numbers);
  }

  std::string text_literal() {
    constexpr std::string_view pieces[] = {
        "a",    "b",           "Z",     "ab",      " ",       "-",     "_",   "1",  "42", "é",
        "ß",    "Σ",           "ς",     "İ",       "ǆ",       "ﬁ",     "日",  "😀",  "ŉ",  "e\u0301",
        "٣",    "²",           ",",     ".",       "{",       "}",     "%s",  "$",  "#",  "\\n",
        "\\t",  "\\\\",        "\\x41", "\\u00e9", "\\0",     "\\101", "/",   "o'", "\"", "\\'",
        "\\\"", "\\U0001F600", "\\x85", "\\r\\n",  "\\u2003", "\\x1c", "\\v", "  "};
    constexpr std::string_view quotes[] = {"'", "\"", "'", "\"", "'''", "\"\"\""};
    const std::string quote = pick(quotes);
    const bool raw = chance(12);
    std::string inside;
    for (size_t count = below(5); count > 0; --count) {
      std::string piece = pick(pieces);
      if (piece.find(quote[0]) != std::string::npos && piece[0] != '\\') continue;
      if (raw && piece[0] == '\\') continue;
      if (piece == "{" && !inside.empty() && inside.back() == '$') continue;  // a placeholder in it
      inside += piece;
    }
    if (chance(30)) inside += "\\q";  // no escape at all
    std::string literal = (raw ? "r" : chance(40) ? "u" : "") + quote + inside + quote;
    return chance(25) ? literal + " 'b'" : literal;
  }

  // What a dict can have as a key, mostly.
  std::string key(int depth) {
    constexpr std::string_view keys[] = {"'a'", "'b'",  "1",        "1.0", "True",
                                         "0",   "None", "(1, 'a')", "'é'", "2.5"};
    return depth > 0 && chance(3) ? part(chance(2) ? Kind::text : Kind::integer, depth) : pick(keys);
  }

  // --- numbers

  Piece integer(int depth) {
    switch (below(15)) {
      case 0:
      case 1:
        return {fmt::format("{} {} {}", part(Kind::integer, depth, sum), chance(2) ? "+" : "-",
                            part(Kind::integer, depth, term)),
                sum};
      case 2:
      case 3: {
        constexpr std::string_view operators[] = {"*", "//", "%"};
        return {fmt::format("{} {} {}", part(Kind::integer, depth, term), pick(operators),
                            part(Kind::integer, depth, sign)),
                term};
      }
      case 4:
        return {(chance(4) ? "+" : "-") + part(chance(5) ? Kind::boolean : Kind::integer, depth, sign), sign};
      case 5:
        return {fmt::format("{} ** {}", part(Kind::integer, depth, primary),
                            chance(3) ? part(Kind::integer, depth, sign) : std::to_string(below(5))),
                power};
      case 6:
        return {fmt::format("len({})", part(sized(), depth))};
      case 7:
        return {fmt::format("int({})", part(chance(3) ? Kind::boolean : Kind::number, depth))};
      case 8:
        return {read_integer(depth)};
      case 9:
        return {fmt::format("abs({})", part(Kind::integer, depth))};
      case 10:
        return {fmt::format("round({}{})", part(chance(2) ? Kind::number : Kind::integer, depth),
                            chance(4) ? ", " + digits() : "")};
      case 11:
        return {several("min", Kind::integer, depth)};
      case 12:
        return {several("max", chance(3) ? Kind::number : Kind::integer, depth)};
      case 13:
        return {fmt::format("{}[{}]", part(Kind::range, depth, primary), part(Kind::integer, depth))};
      default:
        return {large_range(depth)};
    }
  }

  // Ranges that are too long to be gone through, where nobody goes through them.
  std::string large_range(int depth) {
    constexpr std::string_view ranges[] = {"range(9223372036854775807)", "range(0, 9223372036854775807, 3)",
                                           "range(9223372036854775806, -9223372036854775807, -7)",
                                           "range(-9223372036854775807, 0)"};
    const std::string large = pick(ranges);
    switch (below(4)) {
      case 0:
        return fmt::format("len({})", large);
      case 1:
        return fmt::format("({} in {})", integer_literal(), large);
      case 2:
        return fmt::format("{}[{}]", large, part(Kind::integer, depth));
      default:
        return fmt::format("len({}[{}])", large, slice(depth));
    }
  }

  std::string read_integer(int depth) {
    constexpr std::string_view texts[] = {"'42'",
                                          "' -7 '",
                                          "'0x1f', 16",
                                          "'z', base=36",
                                          "'1_0'",
                                          "'٣'",
                                          "'0b11', 0",
                                          "'+5'",
                                          "'1__0'",
                                          "'12', 3",
                                          "'9223372036854775807'",
                                          "''",
                                          "'07', 0",
                                          "'1.5'",
                                          "3.9",
                                          "'10', 37",
                                          "'-0', 10",
                                          "'7f', 8"};
    return fmt::format("int({})", chance(4) ? part(Kind::text, depth) : pick(texts));
  }

  std::string digits() {
    constexpr std::string_view counts[] = {"0",         "1",          "2", "-1",  "-2",  "None",
                                           "ndigits=1", "ndigits=-3", "5", "-19", "300", "-400"};
    return pick(counts);
  }

  Piece number(int depth) {
    switch (below(10)) {
      case 0:
      case 1:
        return {fmt::format("{} {} {}", part(Kind::number, depth, sum), chance(2) ? "+" : "-",
                            part(chance(2) ? Kind::number : Kind::integer, depth, term)),
                sum};
      case 2:
      case 3:
      case 4: {
        constexpr std::string_view operators[] = {"*", "/", "/", "//", "%"};
        return {fmt::format("{} {} {}", part(chance(2) ? Kind::number : Kind::integer, depth, term),
                            pick(operators), part(chance(2) ? Kind::number : Kind::integer, depth, sign)),
                term};
      }
      case 5:
        return {fmt::format("{} ** {}", part(Kind::number, depth, primary), part(Kind::number, depth, sign)),
                power};
      case 6:
        return {fmt::format("-{}", part(Kind::number, depth, sign)), sign};
      case 7: {
        constexpr std::string_view texts[] = {"'1.5'", "' 2e3 '", "'inf'", "'-Infinity'", "'1_0.5'", "'٣.5'",
                                              "'x'",   "'1e400'", "''",    "'.5'",        "'5.'",    "'0x1'",
                                              "True",  "7"};
        return {fmt::format("float({})",
                            chance(3) ? part(chance(2) ? Kind::text : Kind::integer, depth) : pick(texts))};
      }
      case 8:
        return {fmt::format("round({}, {})", part(Kind::number, depth), digits())};
      default:
        return {fmt::format("abs({})", part(Kind::number, depth))};
    }
  }

  std::string several(std::string_view function, Kind kind, int depth) {
    if (chance(2)) return fmt::format("{}({}, {})", function, part(kind, depth), part(kind, depth));
    if (chance(3))
      return fmt::format("{}({}, default={})", function, part(Kind::list, depth), part(kind, depth));
    return fmt::format("{}([{}, {}, {}])", function, part(kind, depth), part(kind, depth), part(kind, depth));
  }

  // --- truth

  Piece boolean(int depth) {
    constexpr std::string_view orders[] = {"<", "<=", ">", ">=", "==", "!="};
    switch (below(9)) {
      case 0:
      case 1: {
        constexpr Kind kinds[] = {Kind::integer, Kind::number, Kind::text,
                                  Kind::list,    Kind::tuple,  Kind::boolean};
        const Kind kind = kinds[below(std::size(kinds))];
        std::string chain = part(kind, depth, sum);
        for (size_t links = chance(3) ? 2 : 1; links > 0; --links)
          chain += fmt::format(" {} {}", pick(orders), part(kind, depth, sum));
        return {chain, comparison};
      }
      case 2:
        return {fmt::format("{} {} {}", part(any_kind(), depth, sum),
                            chance(2) ? "==" : "!=", part(any_kind(), depth, sum)),
                comparison};
      case 3:
        return {fmt::format("not {}", part(any_kind(), depth, inverted)), inverted};
      case 4: {
        const bool of_text = chance(2);
        return {fmt::format("{} {} {}", part(of_text ? Kind::text : any_kind(), depth, sum),
                            chance(2) ? "in" : "not in", part(of_text ? Kind::text : sized(), depth, sum)),
                comparison};
      }
      case 5: {
        constexpr std::string_view singletons[] = {"None", "None", "True", "False"};
        return {fmt::format("{} {} {}", part(any_kind(), depth, sum), chance(2) ? "is" : "is not",
                            pick(singletons)),
                comparison};
      }
      case 6:
        return {
            fmt::format("{} and {}", part(Kind::boolean, depth, both), part(Kind::boolean, depth, inverted)),
            both};
      case 7:
        return {fmt::format("{} or {}", part(Kind::boolean, depth, either), part(Kind::boolean, depth, both)),
                either};
      default: {
        const std::string affix =
            chance(3) ? fmt::format("({}, {})", part(Kind::text, depth), part(Kind::text, depth))
                      : part(Kind::text, depth);
        const std::string bounds =
            chance(2) ? "" : fmt::format(", {}{}", bound(), chance(2) ? "" : ", " + bound());
        return {fmt::format("{}.{}({}{})", part(Kind::text, depth, primary),
                            chance(2) ? "startswith" : "endswith", affix, bounds)};
      }
    }
  }

  std::string bound() {
    constexpr std::string_view bounds[] = {"0", "1", "2", "-1", "-2", "None", "5", "-100", "100"};
    return pick(bounds);
  }

  Kind sized() {
    constexpr Kind kinds[] = {Kind::text, Kind::list, Kind::tuple, Kind::dict, Kind::range};
    return kinds[below(std::size(kinds))];
  }

  // --- text

  Piece text(int depth) {
    switch (below(13)) {
      case 0:
        return {fmt::format("{} + {}", part(Kind::text, depth, sum), part(Kind::text, depth, term)), sum};
      case 1:
        if (chance(2)) return {fmt::format("{} * {}", part(Kind::text, depth, term), below(4)), term};
        return {fmt::format("{} * {}", below(4), part(Kind::text, depth, sign)), term};
      case 2:
        return {fmt::format("{}[{}]", part(Kind::text, depth, primary), part(Kind::integer, depth))};
      case 3:
        return {fmt::format("{}[{}]", part(Kind::text, depth, primary), slice(depth))};
      case 4:
        return {fmt::format("str({}{})", chance(8) ? "object=" : "", part(any_kind(), depth))};
      case 5:
        return {fmt::format("{}.{}()", part(Kind::text, depth, primary), pick(kCases))};
      case 6:
        return {fmt::format("{}.{}({})", part(Kind::text, depth, primary), pick(kStrips),
                            chance(2)   ? ""
                            : chance(5) ? "None"
                                        : part(Kind::text, depth))};
      case 7:
        return {fmt::format("{}.replace({}, {}{})", part(Kind::text, depth, primary), part(Kind::text, depth),
                            part(Kind::text, depth), chance(2) ? "" : ", " + bound())};
      case 8:
        return {fmt::format("{}.{}({})", part(Kind::text, depth, primary),
                            chance(2) ? "removeprefix" : "removesuffix", part(Kind::text, depth))};
      case 9:
        return {fmt::format("{}.join({})", part(Kind::text, depth, primary),
                            chance(2) ? chance(6)
                                            ? fmt::format("[str({})]", comprehension(Kind::integer, depth))
                                            : fmt::format("[{}]", comprehension(Kind::text, depth))
                                      : part(sized(), depth))};
      case 10:
        return {
            fmt::format("{}.join({})", part(Kind::text, depth, primary), comprehension(Kind::text, depth))};
      case 11:
        return {several(chance(2) ? "min" : "max", Kind::text, depth)};
      default:
        return {fmt::format("{}.{}({})[{}]", part(Kind::text, depth, primary), chance(2) ? "split" : "rsplit",
                            split_arguments(depth), bound())};
    }
  }

  std::string split_arguments(int depth) {
    switch (below(6)) {
      case 0:
        return "";
      case 1:
        return part(Kind::text, depth);
      case 2:
        return fmt::format("{}, {}", part(Kind::text, depth), bound());
      case 3:
        return fmt::format("sep={}", part(Kind::text, depth));
      case 4:
        return fmt::format("maxsplit={}", below(3));
      default:
        return fmt::format("None, maxsplit={}", below(3));
    }
  }

  std::string slice(int depth) {
    const auto edge = [&] {
      return chance(3) ? std::string() : chance(3) ? part(Kind::integer, depth) : bound();
    };
    const std::string first = edge(), last = edge();
    if (chance(2)) return first + ":" + last;
    constexpr std::string_view steps[] = {"", "1", "2", "-1", "-2", "3", "0", "None", "9223372036854775807"};
    return fmt::format("{}:{}:{}", first, last, pick(steps));
  }

  // --- containers

  Piece list(int depth) {
    switch (below(11)) {
      case 0: {
        const Kind kind = any_kind();
        return {fmt::format("[{}, {}]", part(kind, depth), part(kind, depth))};
      }
      case 1:
      case 2:
        return {"[" + comprehension(any_kind(), depth) + "]"};
      case 3:
        return {fmt::format("sorted({}{})", sortable(depth), reverse(depth))};
      case 4:
        return {fmt::format("{}.{}({})", part(Kind::text, depth, primary), chance(2) ? "split" : "rsplit",
                            split_arguments(depth))};
      case 5:
        return {fmt::format("{} + {}", part(Kind::list, depth, sum), part(Kind::list, depth, term)), sum};
      case 6:
        return {fmt::format("{} * {}", part(Kind::list, depth, term), below(4)), term};
      case 7:
        return {fmt::format("{}[{}]", part(Kind::list, depth, primary), slice(depth))};
      case 8:
        return {fmt::format("[i_ for i_ in {}]", pairs(depth))};
      case 9:
        return {fmt::format("sorted({})", pairs(depth))};
      default:
        return {fmt::format("[{}]", part(any_kind(), depth))};
    }
  }

  std::string sortable(int depth) {
    if (chance(3)) return part(sized(), depth);
    constexpr Kind kinds[] = {Kind::integer, Kind::number, Kind::text, Kind::boolean};
    const Kind kind = kinds[below(std::size(kinds))];
    std::string items;
    for (size_t count = below(6); count > 0; --count) items += part(kind, depth > 1 ? 1 : depth) + ", ";
    return "[" + items + "]";
  }

  std::string reverse(int depth) {
    switch (below(4)) {
      case 0:
        return ", reverse=True";
      case 1:
        return ", reverse=" + part(Kind::integer, depth);
      default:
        return "";
    }
  }

  // What gives tuples to go through.
  std::string pairs(int depth) {
    if (chance(2)) {
      const std::string start = chance(2) ? "" : fmt::format(", {}{}", chance(2) ? "start=" : "", below(9));
      return fmt::format("enumerate({}{})", part(sized(), depth), start);
    }
    return fmt::format("zip({}, {}{})", part(sized(), depth), part(sized(), depth),
                       chance(6) ? chance(2) ? ", strict=True" : ", strict=False" : "");
  }

  // Without its brackets.
  std::string comprehension(Kind kind, int depth) {
    constexpr std::string_view fresh[] = {"x", "y", "z", "k"};
    const size_t known = names_.size();
    std::string clauses;
    for (size_t count = chance(4) ? 2 : 1; count > 0; --count) {
      const std::string name = pick(fresh);
      if (chance(4)) {
        const std::string other = name + "_";
        const bool bracketed = chance(3);
        clauses += fmt::format(" for {}{}, {}{} in {}", bracketed ? "(" : "", name, other,
                               bracketed ? ")" : "", pairs(depth - 1));
        names_.push_back({name, Kind::integer});
        names_.push_back({other, chance(2) ? Kind::text : Kind::integer});
      } else {
        constexpr Kind over[] = {Kind::range, Kind::text, Kind::list, Kind::tuple, Kind::dict, Kind::range};
        const Kind iterable = over[below(std::size(over))];
        clauses += fmt::format(" for {} in {}", name, part(iterable, depth - 1, either));
        names_.push_back({name, iterable == Kind::range ? Kind::integer : Kind::text});
      }
      if (chance(3)) clauses += " if " + part(Kind::boolean, depth - 1, either);
    }
    const std::string element = part(kind, depth - 1);
    names_.resize(known);
    return element + clauses;
  }

  Piece tuple(int depth) {
    switch (below(4)) {
      case 0:
        return {fmt::format("({}, {})", part(any_kind(), depth), part(any_kind(), depth))};
      case 1:
        return {fmt::format("({},)", part(any_kind(), depth))};
      case 2:
        return {fmt::format("{} + {}", part(Kind::tuple, depth, sum), part(Kind::tuple, depth, term)), sum};
      default:
        return {fmt::format("{}[{}]", part(Kind::tuple, depth, primary), slice(depth))};
    }
  }

  Piece dict(int depth) {
    std::string entries;
    for (size_t count = below(4); count > 0; --count)
      entries += fmt::format("{}: {}{}", key(depth), part(any_kind(), depth),
                             count > 1   ? ", "
                             : chance(2) ? ","
                                         : "");
    return {"{" + entries + "}"};
  }

  Piece range(int depth) {
    switch (below(4)) {
      case 0:
        return {fmt::format("range({})", small(depth))};
      case 1:
        return {fmt::format("range({}, {})", small(depth), small(depth))};
      case 2:
        return {fmt::format("range({}, {}, {})", small(depth), small(depth), pick(kSteps))};
      default:
        return {fmt::format("{}[{}]", part(Kind::range, depth, primary), slice(depth))};
    }
  }

  std::string small(int depth) {
    return chance(3) ? fmt::format("{} % 9", part(Kind::integer, depth, term)) : std::to_string(below(9));
  }

  static constexpr std::string_view kCases[] = {"upper", "lower", "title"};
  static constexpr std::string_view kStrips[] = {"strip", "lstrip", "rstrip"};
  static constexpr std::string_view kSteps[] = {"1", "2", "-1", "-3", "0", "True"};

  std::function<size_t(size_t)> choose_;
  std::vector<Name> names_;
};

}  // namespace testloom
