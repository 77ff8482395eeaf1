// Random conditions, right ones and hostile ones: refused with an Error, or made of nothing but what is
// allowed and with the values that DuckDB gives for the user's text.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <initializer_list>
#include <random>
#include <set>

#include <fmt/format.h>

#include "condition_fixture.h"
#include "plan/condition/condition_functions.h"

namespace testloom {
namespace {

// The kinds of nodes and the functions in a statement's tree.
void collect(const boost::json::value& tree, std::set<std::string>& found) {
  if (const auto* list = tree.if_array()) {
    for (const auto& item : *list) collect(item, found);
  } else if (const auto* object = tree.if_object()) {
    if (const auto* kind = object->if_contains("class")) found.insert(kind->as_string().c_str());
    if (const auto* name = object->if_contains("function_name")) {
      found.insert(fmt::format("{}.{}.{}", object->at("catalog").as_string().c_str(),
                               object->at("schema").as_string().c_str(), name->as_string().c_str()));
    }
    for (const auto& item : *object) collect(item.value(), found);
  }
}

const std::set<std::string> kKinds = {"COLUMN_REF", "CONSTANT", "COMPARISON", "CONJUNCTION", "BETWEEN",
                                      "OPERATOR",   "CASE",     "CAST",       "FUNCTION"};

class RandomConditions : public Conditions {
 protected:
  // Refused, or as DuckDB has it and made of nothing but what is allowed.
  bool holds(const std::string& text) {
    std::string sql;
    try {
      sql = check(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage) << text << "\n" << error.what();
      return false;
    }
    EXPECT_EQ(values(sql, "cells"), raw_values(text)) << text << "\n" << sql;
    Result rows = connection().query("SELECT json_serialize_sql($1::VARCHAR)", {"SELECT " + sql});
    EXPECT_TRUE(rows.next());
    boost::json::parse_options options;
    options.max_depth = 1000;
    std::set<std::string> found;
    collect(boost::json::parse(std::string(rows.text(0)), {}, options), found);
    for (const std::string& kind : found)
      EXPECT_TRUE(is_allowed(kind)) << kind << "\n" << text << "\n" << sql;
    return true;
  }

  static bool is_allowed(const std::string& kind) {
    if (kKinds.contains(kind)) return true;
    if (kind == ".." || kind == "..lower" || kind == "..||") return true;  // in the SQL of a column
    const std::string name = kind.starts_with("system.main.") ? kind.substr(12) : "";
    return is_condition_function(name) || is_condition_operator(name) || name == "string_split" ||
           name == "array_extract";
  }

  size_t below(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random); }
  std::string one_of(std::initializer_list<const char*> words) { return words.begin()[below(words.size())]; }

  // An expression that is right in most cases; wrong, deep and hostile ones come of mutations.
  std::string expression(char type, int depth) {
    if (depth == 0 || below(5) == 0) {
      if (type == 'b') return one_of({"gated", "true", "false", "null", "Gated", "dtype = 'a'"});
      if (type == 't') {
        return one_of(
            {"dtype", "model.owner", "MODEL_NAME", "'a'", "'it''s'", "$$x$$", "E'a\\n'", "'--'", "null"});
      }
      return one_of(
          {"batch_size", "memory", "1", "-2", "1.50", "1e2", "0", "model.size", "2147483648", ".5"});
    }
    return type == 'b' ? truth(depth - 1) : type == 't' ? text(depth - 1) : number(depth - 1);
  }

  std::string text(int depth) {
    const auto part = [&](char type) { return expression(type, depth); };
    switch (below(9)) {
      case 0:
        return "lower(" + part('t') + ")";
      case 1:
        return "(" + part('t') + " || " + part('t') + ")";
      case 2:
        return "coalesce(" + part('t') + ", " + part('t') + ")";
      case 3:
        return "substring(" + part('t') + ", 1, 2)";
      case 4:
        return "cast(" + part('n') + " as varchar)";
      case 5:
        return "case when " + part('b') + " then " + part('t') + " else " + part('t') + " end";
      case 6:
        return "nullif(" + part('t') + ", " + part('t') + ")";
      case 7:
        return "split_part(" + part('t') + ", '/', 1)";
      default:
        return "trim(" + part('t') + ")";
    }
  }

  std::string number(int depth) {
    const auto part = [&](char type) { return expression(type, depth); };
    switch (below(7)) {
      case 0:
        return "(" + part('n') + one_of({" + ", " - ", " * ", " / ", " % ", " // "}) + part('n') + ")";
      case 1:
        return "abs(" + part('n') + ")";
      case 2:
        return "length(" + part('t') + ")";
      case 3:
        return "try_cast(" + part('t') + " as " + one_of({"int", "double", "decimal(9,2)", "bigint"}) + ")";
      case 4:
        return "round(" + part('n') + ")";
      case 5:
        return "- " + part('n');
      default:
        return "greatest(" + part('n') + ", " + part('n') + ")";
    }
  }

  std::string truth(int depth) {
    const auto part = [&](char type) { return expression(type, depth); };
    switch (below(11)) {
      case 0:
        return "(" + part('b') + one_of({" and ", " or ", " = ", " is distinct from "}) + part('b') + ")";
      case 1:
        return "(not " + part('b') + ")";
      case 2:
        return "(" + part('t') + one_of({" = ", " <> ", " < ", " like ", " not ilike ", " ^@ ", " glob "}) +
               part('t') + ")";
      case 3:
        return "(" + part('n') + one_of({" = ", " <> ", " < ", " >= ", " is not distinct from "}) +
               part('n') + ")";
      case 4:
        return "(" + part('n') + " between " + part('n') + " and " + part('n') + ")";
      case 5:
        return "(" + part('t') + one_of({" in (", " not in ("}) + part('t') + ", " + part('t') + "))";
      case 6:
        return "(" + part('n') + " in [" + part('n') + ", " + part('n') + "])";
      case 7:
        return "(" + part(one_of({"t", "n", "b"})[0]) + one_of({" is null)", " is not null)"});
      case 8:
        return "if(" + part('b') + ", " + part('b') + ", " + part('b') + ")";
      case 9:
        return "(" + part('t') + " like " + part('t') + " escape '$')";
      default:
        return "(" + part('b') + one_of({" is true)", " is not false)"});
    }
  }

  std::string hostile() {
    return one_of({"(select ",
                   "select",
                   " from cells",
                   "secret",
                   "cells.secret",
                   "t.secret",
                   "exists(select 1)",
                   ";",
                   "; drop table cells; ",
                   "--",
                   "/*",
                   "*/",
                   "'",
                   "\"",
                   "$$",
                   "$1",
                   "?",
                   "#1",
                   "*",
                   "t.*",
                   "columns(*)",
                   "(",
                   ")",
                   "[",
                   "]",
                   "{",
                   "}",
                   ",",
                   " end ",
                   " case ",
                   " when ",
                   " then ",
                   " else ",
                   " x -> x ",
                   "lambda x: x",
                   "->>",
                   "::",
                   "::int",
                   "::json",
                   "::varchar[]",
                   " collate nocase ",
                   " over () ",
                   " over w ",
                   "getenv('HOME')",
                   "current_setting('threads')",
                   "read_text('/etc/passwd')",
                   "current_user",
                   "version()",
                   "random()",
                   "count(*)",
                   "sum(batch_size)",
                   "unnest(tags)",
                   "try(",
                   ".lower()",
                   "system.main.",
                   "main.",
                   "s := ",
                   " as x ",
                   " union ",
                   " limit 1 ",
                   " order by ",
                   " group by ",
                   " window ",
                   "E'\\x00'",
                   "\\",
                   "\n",
                   "\u00a0",
                   "\u200b",
                   "ü",
                   "\x01",
                   "null",
                   " is ",
                   " not ",
                   " any ",
                   " all ",
                   "@",
                   "!",
                   "~",
                   " operator(pg_catalog.+) ",
                   " at time zone ",
                   "interval 1 day",
                   "date '2020-01-01'",
                   " in ",
                   ":",
                   "==",
                   "struct_pack(a := 1)",
                   "row(1)",
                   "map",
                   "array[1]",
                   "repeat('x', 1000000)",
                   "0x1F",
                   "1e999",
                   "99999999999999999999"});
  }

  std::mt19937 random{20260101};
};

TEST_F(RandomConditions, GrownFromTheGrammar) {
  size_t taken = 0;
  for (int i = 0; i < 1200; ++i) taken += holds(expression('b', 4)) ? 1 : 0;
  EXPECT_GT(taken, 800u);
}

TEST_F(RandomConditions, MutatedByHostileText) {
  size_t taken = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string text = expression('b', 2);
    for (size_t mutations = 1 + below(2); mutations > 0; --mutations) {
      const size_t at = below(text.size() + 1), length = below(2) == 0 ? 0 : below(text.size() + 1 - at);
      text.replace(at, length, hostile());
    }
    taken += holds(text) ? 1 : 0;
  }
  EXPECT_GT(taken, 50u);
}

TEST_F(RandomConditions, SoupsOfTokens) {
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (size_t tokens = 1 + below(6); tokens > 0; --tokens) {
      text += (below(2) ? hostile() : expression('b', 1)) + " ";
    }
    holds(text);
  }
}

}  // namespace
}  // namespace testloom
