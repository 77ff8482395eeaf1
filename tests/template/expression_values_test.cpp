// What expressions compute with, by tables: operators, functions and methods on the edges of what Python says
// of them, the limits, and what the messages are. Everything else is compared with Python itself elsewhere.
#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "template/expression/functions.h"
#include "template/expression/operations.h"
#include "template/expression/written.h"

namespace testloom::templating {
namespace {

using B = BinaryOperator;
using C = CompareOperator;
using Items = std::vector<Datum>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class ExpressionValues : public testing::Test {
 protected:
  Datum of(int integer) { return integer_datum(integer); }
  Datum of(int64_t integer) { return integer_datum(integer); }
  Datum of(bool truth) { return boolean_datum(truth); }
  Datum of(double number) { return number_datum(number); }
  Datum of(const char* text) { return text_datum(arena_.copy(text)); }
  Datum of(const std::string& text) { return text_datum(arena_.copy(text)); }
  Datum of(std::nullptr_t) { return none_datum(); }
  Datum of(const Datum& datum) { return datum; }

  template <typename... Values>
  Datum list(const Values&... values) {
    return sequence(DatumKind::list, {of(values)...});
  }
  template <typename... Values>
  Datum tuple(const Values&... values) {
    return sequence(DatumKind::tuple, {of(values)...});
  }
  Datum dict(const std::vector<DatumEntry>& entries) {
    return make_dict(entries.data(), entries.size(), arena_);
  }

  // repr() of what `evaluate` gives, or its message and hint.
  template <typename Evaluate>
  std::string result(Evaluate evaluate) {
    try {
      std::string out;
      Datum datum = evaluate();
      if (datum.is(DatumKind::iterator)) datum.kind = DatumKind::list;
      append_repr(out, datum);
      return out;
    } catch (const EvaluationError& error) {
      return "! " + error.message + (error.hint.empty() ? "" : " / " + error.hint);
    }
  }

  template <typename L, typename R>
  std::string binary(const L& left, B op, const R& right) {
    return result([&] { return apply(op, of(left), of(right), arena_); });
  }
  template <typename L, typename R>
  std::string compared(const L& left, C op, const R& right) {
    return result([&] { return boolean_datum(compare(op, of(left), of(right))); });
  }
  std::string called(std::string_view name, const Items& positional,
                     const std::vector<Keyword>& keywords = {}) {
    return result([&] { return call(*find_function(name), {positional, keywords}, arena_); });
  }
  std::string method(const std::string& self, std::string_view name, const Items& positional = {},
                     const std::vector<Keyword>& keywords = {}) {
    return result([&] { return call(*find_method(name), of(self).text(), {positional, keywords}, arena_); });
  }
  template <typename Index>
  std::string item(const Datum& container, const Index& index) {
    return result([&] { return subscript(container, of(index), arena_); });
  }
  template <typename Start, typename Stop, typename Step>
  std::string sliced(const Datum& container, const Start& start, const Stop& stop, const Step& step) {
    return result([&] { return slice(container, of(start), of(stop), of(step), arena_); });
  }

  Arena arena_;

 private:
  Datum sequence(DatumKind kind, std::initializer_list<Datum> items) {
    Datum* to = arena_.allocate_array<Datum>(items.size());
    std::copy(items.begin(), items.end(), to);
    return sequence_datum(kind, to, items.size());
  }
};

const std::string kTooLarge = "! the integer is too large: expressions count in 64 bits";

TEST_F(ExpressionValues, Integers) {
  struct Row {
    int64_t left;
    B op;
    int64_t right;
    std::string expected;
  };
  constexpr int64_t kExact = int64_t{1} << 53;
  const Row rows[] = {
      {2, B::add, 3, "5"},
      {INT64_MAX, B::add, 1, kTooLarge},
      {INT64_MIN, B::subtract, 1, kTooLarge},
      {INT64_MIN, B::multiply, -1, kTooLarge},
      {7, B::floor_divide, -2, "-4"},
      {-7, B::modulo, 2, "1"},
      {7, B::modulo, -2, "-1"},
      {INT64_MIN, B::floor_divide, -1, kTooLarge},
      {INT64_MIN, B::modulo, -1, "0"},
      {1, B::floor_divide, 0, "! a division by zero has no result"},
      {1, B::divide, 3, "0.3333333333333333"},
      {kExact + 1, B::divide, 1, "9007199254740992.0"},
      {kExact * 2 + 3, B::divide, 2, "9007199254740994.0"},
      {INT64_MAX, B::divide, INT64_MAX - 1, "1.0"},
      {0, B::divide, INT64_MIN, "-0.0"},
      {2, B::power, 62, "4611686018427387904"},
      {-2, B::power, 63, "-9223372036854775808"},
      {2, B::power, 63, kTooLarge},
      {-1, B::power, INT64_MAX, "-1"},
      {2, B::power, -2, "0.25"},
      {0, B::power, 0, "1"},
      {0, B::power, -1, "! 0 cannot be raised to a negative power"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(binary(row.left, row.op, row.right), row.expected)
        << row.left << ' ' << spelled(row.op) << ' ' << row.right;
  }
  EXPECT_EQ(binary(true, B::add, 1), "2");
  EXPECT_EQ(result([] { return apply(UnaryOperator::negative, boolean_datum(true)); }), "-1");
  EXPECT_EQ(result([] { return apply(UnaryOperator::negative, integer_datum(INT64_MIN)); }), kTooLarge);
  EXPECT_EQ(result([this] { return apply(UnaryOperator::negative, of("a")); }),
            "! 'str' is no number: '-' cannot stand before it");
}

TEST_F(ExpressionValues, Floats) {
  EXPECT_EQ(binary(-7.5, B::floor_divide, 2), "-4.0");
  EXPECT_EQ(binary(-1e-20, B::modulo, 3), "3.0");
  EXPECT_EQ(binary(0.0, B::modulo, -3), "-0.0");
  EXPECT_EQ(binary(-0.0, B::floor_divide, 3), "-0.0");
  EXPECT_EQ(binary(1e308, B::multiply, 10), "inf");
  EXPECT_EQ(binary(1e308, B::power, 2), "! the power is too large for a float");
  EXPECT_EQ(binary(-8, B::power, 0.5),
            "! a negative number cannot be raised to a power with a fraction: the result is complex");
  EXPECT_EQ(binary(-kInfinity, B::power, 3), "-inf");
  EXPECT_EQ(binary(1, B::power, kNan), "1.0");
  const std::pair<double, const char*> texts[] = {{1e16, "1e+16"},
                                                  {1e15, "1000000000000000.0"},
                                                  {123456789012345678.0, "1.2345678901234568e+17"},
                                                  {0.0001, "0.0001"},
                                                  {0.00001, "1e-05"},
                                                  {-0.0, "-0.0"},
                                                  {5e-324, "5e-324"},
                                                  {0.1, "0.1"},
                                                  {-kNan, "nan"},
                                                  {-kInfinity, "-inf"}};
  for (const auto& [number, text] : texts) EXPECT_EQ(result([&, n = number] { return of(n); }), text);
}

TEST_F(ExpressionValues, Comparisons) {
  constexpr int64_t kInexact = (int64_t{1} << 53) + 1;
  EXPECT_EQ(compared(kInexact, C::equal, 0x1p53), "False");
  EXPECT_EQ(compared(kInexact, C::greater, 0x1p53), "True");
  EXPECT_EQ(compared(INT64_MAX, C::less, 0x1p63), "True");
  EXPECT_EQ(compared(INT64_MIN, C::equal, -0x1p63), "True");
  EXPECT_EQ(compared(1, C::greater_equal, kNan), "False");
  EXPECT_EQ(compared(kNan, C::not_equal, kNan), "True");
  EXPECT_EQ(compared(true, C::equal, 1.0), "True");
  EXPECT_EQ(compared("\uffff", C::less, "\U00010000"), "True");
  EXPECT_EQ(compared(list(1, "a"), C::less, list(2, 3)), "True");
  EXPECT_EQ(compared(list(1), C::less, list(1, 2)), "True");
  EXPECT_EQ(compared(list(1), C::equal, tuple(1)), "False");
  EXPECT_EQ(compared(list(1, "a"), C::less, list(1, 2)),
            "! 'str' and 'int' have no order: < cannot compare them");
  const Datum nan_list = list(kNan);
  EXPECT_EQ(compared(nan_list, C::equal, nan_list), "True");  // the same object
  EXPECT_EQ(compared(nan_list, C::equal, list(kNan)), "False");
  EXPECT_EQ(compared(dict({{of(1), of(2)}, {of("b"), of(3)}}), C::equal,
                     dict({{of("b"), of(3.0)}, {of(true), of(2)}})),
            "True");
  EXPECT_EQ(compared("", C::in, "abc"), "True");
  EXPECT_EQ(compared(1, C::in, "abc"), "! 'in' looks for a text in a text, and 'int' is none");
  EXPECT_EQ(compared(1, C::in, 2), "! 'in' cannot look into 'int'");
  EXPECT_EQ(compared(nullptr, C::is, nullptr), "True");
  EXPECT_EQ(compared(1, C::is, true), "False");
  EXPECT_EQ(compared(1, C::is_not, 2),
            "! 'is not' compares only with None, True and False / compare values with !=");
}

TEST_F(ExpressionValues, Sequences) {
  EXPECT_EQ(binary("a", B::add, "é"), "'aé'");
  EXPECT_EQ(binary(true, B::multiply, "ab"), "'ab'");
  EXPECT_EQ(binary(list(1, 2), B::multiply, 2), "[1, 2, 1, 2]");
  EXPECT_EQ(binary(tuple(1), B::multiply, -1), "()");
  EXPECT_EQ(binary("a", B::add, 1),
            "! 'str' and 'int' cannot be added / make the number a text with str(...)");
  EXPECT_EQ(binary(list(1), B::add, tuple(1)), "! 'list' and 'tuple' cannot be added");
  EXPECT_EQ(binary("%d", B::modulo, 1),
            "! '%' does not format texts here / put texts together with + and str(...)");
  EXPECT_EQ(binary("ab", B::multiply, int64_t{1} << 62), "! the text is too long: 16 MiB is the limit");
  EXPECT_EQ(binary(list(1), B::multiply, 1'000'001), "! there are too many items: 1000000 is the limit");
  EXPECT_EQ(binary("ab", B::multiply, 1.0), "! 'str' and 'float' cannot be multiplied");
}

TEST_F(ExpressionValues, IndicesAndSlices) {
  const Datum text = of("aé日😀z");
  EXPECT_EQ(item(text, 3), "'😀'");
  EXPECT_EQ(item(text, -5), "'a'");
  EXPECT_EQ(item(text, 5), "! the index 5 is out of range: there are 5 characters");
  EXPECT_EQ(item(list(7), true), "! the index 1 is out of range: there is 1 item");
  EXPECT_EQ(item(list(7), 1.0), "! an index of 'list' is an integer, and 'float' is none");
  EXPECT_EQ(sliced(text, 1, -1, nullptr), "'é日😀'");
  EXPECT_EQ(sliced(text, nullptr, nullptr, -2), "'z日a'");
  EXPECT_EQ(sliced(of("abcdef"), -2, 0, -2), "'ec'");
  EXPECT_EQ(sliced(list(1, 2, 3), INT64_MIN, INT64_MAX, 2), "[1, 3]");
  EXPECT_EQ(sliced(list(1, 2, 3), nullptr, nullptr, INT64_MIN), "[3]");
  EXPECT_EQ(sliced(list(1), nullptr, nullptr, 0), "! the step of a slice cannot be 0");
  EXPECT_EQ(sliced(dict({}), 1, 2, nullptr), "! 'dict' cannot be sliced");
  const Datum range = call(Function::range, {Items{of(0), of(10), of(3)}, {}}, arena_);
  EXPECT_EQ(sliced(range, 1, 3, nullptr), "range(3, 9, 3)");
  EXPECT_EQ(sliced(range, nullptr, nullptr, -1), "range(9, -3, -3)");
  EXPECT_EQ(item(range, -1), "9");
  EXPECT_EQ(compared(9.0, C::in, range), "True");
  EXPECT_EQ(compared(10, C::in, range), "False");
}

TEST_F(ExpressionValues, Dicts) {
  const Datum names = dict({{of("name"), of(1)}, {of(1), of("one")}});
  EXPECT_EQ(item(names, "name"), "1");
  EXPECT_EQ(item(names, true), "'one'");
  EXPECT_EQ(item(names, "nmae"), "! there is no key 'nmae' / did you mean 'name'?");
  EXPECT_EQ(item(names, tuple(2)), "! there is no key (2,)");
  EXPECT_EQ(item(names, list()), "! 'list' cannot be the key of a dict / a tuple can be one");
  EXPECT_EQ(result([&] {
              return dict({{of(1), of("a")}, {of(true), of("b")}, {of(1.0), of("c")}});
            }),
            "{1: 'c'}");
  EXPECT_EQ(result([&] { return dict({{tuple(dict({})), of(1)}}); }), "! 'dict' cannot be the key of a dict");
  ASSERT_NE(find_key(names, "name"), nullptr);
  EXPECT_EQ(find_key(names, "other"), nullptr);
}

// An index stands behind large dicts: it must find what looking at each key would.
TEST_F(ExpressionValues, LargeDicts) {
  std::vector<DatumEntry> entries, backwards;
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i) {
    entries.push_back({i % 3 == 0 ? of(i) : i % 3 == 1 ? of(std::to_string(i)) : tuple(i, "x"), of(i)});
  }
  backwards.assign(entries.rbegin(), entries.rend());
  entries.push_back({of(3.0), of("again")});
  const Datum large = dict(entries), other = dict(backwards);
  EXPECT_EQ(large.size, kCount);
  EXPECT_EQ(item(large, 3), "'again'");
  EXPECT_EQ(item(large, tuple(2.0, "x")), "2");
  EXPECT_FALSE(equal(large, other));
  entries.pop_back();
  EXPECT_TRUE(equal(dict(entries), other));
}

TEST_F(ExpressionValues, Written) {
  EXPECT_EQ(result([this] { return of("it's"); }), "\"it's\"");
  EXPECT_EQ(result([this] { return of("'\""); }), "'\\'\"'");
  EXPECT_EQ(result([this] { return of("\\\t\n\r\x1b\x7f"); }), "'\\\\\\t\\n\\r\\x1b\\x7f'");
  EXPECT_EQ(result([this] { return of("é\u00a0\u200b\U0001f600\U000e0001"); }),
            "'é\\xa0\\u200b\U0001f600\\U000e0001'");
  EXPECT_EQ(result([this] {
              return tuple(list(), tuple(1), dict({{of(nullptr), of(true)}}), 1.0);
            }),
            "([], (1,), {None: True}, 1.0)");
  EXPECT_EQ(called("range", {of(3)}), "range(0, 3)");
  EXPECT_EQ(called("range", {of(0), of(3), of(2)}), "range(0, 3, 2)");
  EXPECT_EQ(called("str", {call(Function::zip, {}, arena_)}),
            "! what enumerate() and zip() give cannot be written as text / go through it in a loop");
  Datum nested = of("0123456789abcdef");
  for (int i = 0; i < 9; ++i) nested = list(nested, nested, nested, nested, nested, nested, nested, nested);
  EXPECT_EQ(called("str", {nested}), "! the text is too long: 16 MiB is the limit");
}

TEST_F(ExpressionValues, ReadNumbers) {
  const std::pair<const char*, const char*> integers[] = {
      {" \t-1_000\n", "-1000"},
      {"\u00a0\u0663\u2003", "3"},
      {"9223372036854775808", kTooLarge.c_str()},
      {"-9223372036854775808", "-9223372036854775808"},
      {"1__0", "! '1__0' is no integer"},
      {"\x1c"
       "1",
       "! '\\x1c1' is no integer"},
      {"0x10", "! '0x10' is no integer"},
      {"1.5", "! '1.5' is no integer / int(float(...)) reads such a number and drops its fraction"},
      {"", "! '' is no integer"}};
  for (const auto& [text, expected] : integers) EXPECT_EQ(called("int", {of(text)}), expected);
  EXPECT_EQ(called("int", {of("0x_1F"), of(0)}), "31");
  EXPECT_EQ(called("int", {of("010"), of(0)}), "! '010' is no integer in base 0");
  EXPECT_EQ(called("int", {of("zz")}, {{"base", of(36)}}), "1295");
  EXPECT_EQ(called("int", {of("0b1"), of(16)}), "177");
  EXPECT_EQ(called("int", {of(1), of(2)}), "! int() takes a base only with a text");
  EXPECT_EQ(called("int", {of(-1.9)}), "-1");
  EXPECT_EQ(called("int", {of(kNan)}), "! nan is no number that an integer can be");
  EXPECT_EQ(called("int", {of(1e19)}), kTooLarge);
  const std::pair<const char*, const char*> numbers[] = {{"1_0.5_0e1", "105.0"},
                                                         {" -Infinity ", "-inf"},
                                                         {"+NaN", "nan"},
                                                         {".5", "0.5"},
                                                         {"5.", "5.0"},
                                                         {"1e400", "inf"},
                                                         {"-1e-400", "-0.0"},
                                                         {"1", "1.0"},
                                                         {"2e-324", "0.0"},
                                                         {"3e-324", "5e-324"},
                                                         {"1_.5", "! '1_.5' is no number"},
                                                         {".", "! '.' is no number"}};
  for (const auto& [text, expected] : numbers) EXPECT_EQ(called("float", {of(text)}), expected);
}

TEST_F(ExpressionValues, Round) {
  EXPECT_EQ(called("round", {of(2.5)}), "2");
  EXPECT_EQ(called("round", {of(-0.5)}), "0");
  EXPECT_EQ(called("round", {of(2.675), of(2)}), "2.67");
  EXPECT_EQ(called("round", {of(0.5), of(0)}), "0.0");
  EXPECT_EQ(called("round", {of(-25.0), of(-1)}), "-20.0");
  EXPECT_EQ(called("round", {of(99.9), of(-2)}), "100.0");
  EXPECT_EQ(called("round", {of(1.7976931348623157e308), of(-308)}),
            "! the rounded number is too large for a float");
  EXPECT_EQ(called("round", {of(25), of(-1)}), "20");
  EXPECT_EQ(called("round", {of(INT64_MAX), of(-1)}), kTooLarge);
  EXPECT_EQ(called("round", {of(INT64_MIN), of(-25)}), "0");
  EXPECT_EQ(called("round", {of(true)}, {{"ndigits", of(nullptr)}}), "1");
  EXPECT_EQ(called("round", {of(kInfinity), of(1)}), "inf");
  EXPECT_EQ(called("abs", {of(INT64_MIN)}), kTooLarge);
}

TEST_F(ExpressionValues, Collecting) {
  EXPECT_EQ(called("len", {of("é😀")}), "2");
  EXPECT_EQ(called("max", {of(1), of(1.0), of(true)}), "1");
  EXPECT_EQ(called("min", {list()}, {{"default", of("none")}}), "'none'");
  EXPECT_EQ(called("min", {list()}),
            "! there is nothing that min() could take / say what an empty one gives: min(..., default=...)");
  EXPECT_EQ(called("sorted", {of("bañ")}), "['a', 'b', 'ñ']");
  EXPECT_EQ(called("sorted", {list(1, true, 0, 1.0)}, {{"reverse", of(true)}}), "[1, True, 1.0, 0]");
  EXPECT_EQ(called("sorted", {list(1, "a")}), "! 'str' and 'int' have no order: < cannot compare them");
  EXPECT_EQ(called("sorted", {list(1)}, {{"key", of("len")}}),
            "! sorted() takes no 'key' here / values are compared as they are; tuples by their first items");
  EXPECT_EQ(called("enumerate", {of("ab")}, {{"start", of(5)}}), "[(5, 'a'), (6, 'b')]");
  EXPECT_EQ(called("zip", {of("ab"), call(Function::range, {Items{of(int64_t{1} << 40)}, {}}, arena_)}),
            "[('a', 0), ('b', 1)]");
  EXPECT_EQ(called("zip", {list(1, 2), list(1)}, {{"strict", of(true)}}),
            "! zip() is strict, and its arguments have 2 and 1 items");
  EXPECT_EQ(called("zip", {}), "[]");
  EXPECT_EQ(called("sorted", {call(Function::range, {Items{of(1'000'001)}, {}}, arena_)}),
            "! there are too many items: 1000000 is the limit");
}

TEST_F(ExpressionValues, Arguments) {
  EXPECT_EQ(called("len", {}), "! len() is missing its argument 'object'");
  EXPECT_EQ(called("len", {of("a"), of("b")}), "! len() takes 1 argument, and 2 are given");
  EXPECT_EQ(called("round", {of(1), of(2), of(3)}), "! round() takes at most 2 arguments, and 3 are given");
  EXPECT_EQ(called("round", {of(1)}, {{"number", of(1)}}),
            "! the argument 'number' of round() is given twice");
  EXPECT_EQ(called("sorted", {list()}, {{"revers", of(true)}}),
            "! sorted() has no argument 'revers' / did you mean 'reverse'?");
  EXPECT_EQ(called("range", {of(1.0)}), "! range() takes an integer as 'stop', not 'float'");
  EXPECT_EQ(called("sorted", {of(1)}), "! 'int' cannot be gone through");
  EXPECT_EQ(method("a", "upper", {of(1)}), "! upper() takes no arguments, and 1 is given");
  EXPECT_EQ(method("a", "strip", {}, {{"chars", of("a")}}),
            "! strip() takes its argument 'chars' without the name");
  EXPECT_EQ(find_function("eval"), std::nullopt);
  for (const std::string_view name : function_names()) EXPECT_TRUE(find_function(name)) << name;
  for (const std::string_view name : method_names()) EXPECT_TRUE(find_method(name)) << name;
}

TEST_F(ExpressionValues, Case) {
  EXPECT_EQ(method("straße ŉ ﬁ", "upper"), "'STRASSE ʼN FI'");
  EXPECT_EQ(method("ΌΔΟΣ ΣΑ'Σ. İ", "lower"), "\"όδος σα'ς. i̇\"");
  EXPECT_EQ(method("ǆabc they're ßa ΑΣ", "title"), "\"ǅabc They'Re Ssa Ας\"");
  EXPECT_EQ(method("Hello wORLD2you", "title"), "'Hello World2You'");
  EXPECT_EQ(method("\U00010428", "upper"), "'\U00010400'");
}

TEST_F(ExpressionValues, SplitAndStrip) {
  EXPECT_EQ(method(" a\u2003b \x1c c ", "split"), "['a', 'b', 'c']");
  EXPECT_EQ(method(" a  b  c ", "split", {of(nullptr), of(1)}), "['a', 'b  c ']");
  EXPECT_EQ(method(" a  b  c ", "rsplit", {}, {{"maxsplit", of(1)}}), "[' a  b', 'c']");
  EXPECT_EQ(method(" a ", "split", {}, {{"maxsplit", of(0)}}), "['a ']");
  EXPECT_EQ(method("", "split"), "[]");
  EXPECT_EQ(method("", "split", {of(",")}), "['']");
  EXPECT_EQ(method("aaa", "rsplit", {of("aa")}), "['a', '']");
  EXPECT_EQ(method("a", "split", {of("")}), "! split() takes no empty separator");
  EXPECT_EQ(method("\u3000 a\x1f", "strip"), "'a'");
  EXPECT_EQ(method("éaébé", "strip", {of("aé")}), "'b'");
  EXPECT_EQ(method("éaébé", "lstrip", {of("é")}), "'aébé'");
  EXPECT_EQ(method("aXbX", "rstrip", {of("X")}), "'aXb'");
  EXPECT_EQ(method("a.b.b", "removesuffix", {of(".b")}), "'a.b'");
}

TEST_F(ExpressionValues, ReplaceAndJoin) {
  EXPECT_EQ(method("aé", "replace", {of(""), of("-")}), "'-a-é-'");
  EXPECT_EQ(method("abc", "replace", {of(""), of("-"), of(2)}), "'-a-bc'");
  EXPECT_EQ(method("aaaa", "replace", {of("aa"), of("b"), of(1)}), "'baa'");
  EXPECT_EQ(method("", "replace", {of(""), of("x"), of(0)}), "''");
  const Datum long_text = of(std::string(1 << 20, 'a'));
  EXPECT_EQ(method(std::string(100, 'a'), "replace", {of("a"), long_text}),
            "! the text is too long: 16 MiB is the limit");
  EXPECT_EQ(method(", ", "join", {of("añ")}), "'a, ñ'");
  EXPECT_EQ(method("", "join", {list()}), "''");
  EXPECT_EQ(method(",", "join", {list("a", 1)}),
            "! join() takes texts, and item 1 is 'int' / make it a text with str(...)");
  EXPECT_EQ(method("é日", "startswith", {of("日"), of(1)}), "True");
  EXPECT_EQ(method("", "startswith", {of(""), of(1)}), "False");
  EXPECT_EQ(method("abc", "endswith", {tuple("x", "b"), of(nullptr), of(-1)}), "True");
  EXPECT_EQ(method("abc", "endswith", {tuple("x", 1)}),
            "! endswith() takes a text or a tuple of texts, not a tuple with 'int'");
}

// What one evaluation may hold in all.
TEST_F(ExpressionValues, ArenaLimit) {
  const Datum text = of(std::string(16 << 20, 'a'));
  const auto fill = [&] {
    Datum last = text;
    for (int i = 0; i < 20; ++i) last = call(Method::upper, text.text(), {}, arena_);
    return boolean_datum(last.size > 0);
  };
  EXPECT_EQ(result(fill), "! the values of this template are too large: together they may take 256 MiB");
}

}  // namespace
}  // namespace testloom::templating
