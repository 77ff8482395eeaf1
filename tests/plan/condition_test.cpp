// Conditions that are allowed give what DuckDB gives for the user's text; all others are refused with a
// message that says why (tests/golden/plan/refused-conditions.txt holds them).
#include "plan/condition/condition.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "condition_fixture.h"
#include "plan/condition/condition_functions.h"
#include "support/golden.h"

namespace testloom {
namespace {

using namespace std::string_literals;

TEST_F(Conditions, GiveWhatDuckDBGives) {
  const struct {
    const char* text;
    const char* values;
  } cases[] = {
      {"hardware_type = 'cpu' and dtype = 'bfloat16'", "no yes no - no "},
      {"hardware_type = 'cpu'", "yes yes no - no "},
      {"HARDWARE_TYPE <> 'cpu' OR \"Dtype\" == 'float32'", "yes no yes - yes "},
      {"not (hardware_type = 'cpu' or gated)", "no no - - no "},
      {"gated", "yes no - - yes "},
      {"gated is true", "yes no no no yes "},
      {"gated is not false", "yes no yes yes yes "},
      {"gated is unknown", "no no yes yes no "},
      {"true", "yes yes yes yes yes "},
      {"null = 1 or false", "- - - - - "},
      {"batch_size >= 4 and batch_size < 1_000", "no yes yes - no "},
      {"batch_size > -1.50 and batch_size <= 9223372036854775807", "yes yes yes - yes "},
      {"memory between 0.5 and 1.5e0", "yes yes no - no "},
      {"memory not between .5 and 1.", "no yes yes - yes "},
      {"batch_size in (1, 16)", "yes no yes - no "},
      {"batch_size not in (1, 16,)", "no yes no - yes "},
      {"batch_size in [1, 16]", "yes no yes - no "},
      {"dtype in ('float32', model.owner)", "yes no - - no "},
      {"'a' in tags", "yes no - - no "},
      {"list_contains(tags, dtype)", "no no - - yes "},
      {"model_name like 'org/%'", "yes yes no - no "},
      {"model_name not like '%vit\\_%' escape '\\'", "yes no yes - yes "},
      {"model_name ilike '%VIT%' and model_name not ilike 'x'", "yes yes no - no "},
      {"model_name glob '*vit?[bl]*'", "yes yes no - no "},
      {"model_name similar to '.*vit.*' or model_name !~ '.*m.*'", "yes yes no - yes "},
      {"regexp_matches(model_name, 'VIT', 'i')", "yes yes no - no "},
      {"regexp_extract(model_name, '/(.)', 1) = 'v'", "yes yes no - no "},
      {"model_name = 'näme/it''s'", "no no yes - no "},
      {"model_name = $$näme/it's$$", "no no yes - no "},
      {"split_part(model_name, '/', 1) = 'org'", "yes yes no - no "},
      {"nullif(model.owner, '') is null", "no no yes yes yes "},
      {"coalesce(model.owner, 'none') = ifnull(model.owner, 'none')", "yes yes yes yes yes "},
      {"model.owner is distinct from 'ann'", "no yes yes yes yes "},
      {"Model.\"OWNER\" is not distinct from null", "no no yes yes no "},
      {"model.size isnull or model.size > 9", "no yes yes yes no "},
      {"case when gated then batch_size else 0 end > 0", "yes no no no yes "},
      {"case hardware_type when 'cpu' then true when 'cuda' then false end", "yes yes no - - "},
      {"if(gated, 'a', 'b') = 'a'", "yes no no no yes "},
      {"try_cast(dtype as int) = 12", "- - - - yes "},
      {"dtype::integer = 12", "fails: Conversion Error"},
      {"batch_size + batch_size > 0", "fails: Out of Range Error"},
      {"cast(batch_size as varchar) || 'x' = '4x'", "no yes no - no "},
      {"memory::decimal(4, 1) = 1.5", "fails: Conversion Error"},
      {"gated = x'00'", "fails: Conversion Error"},
      {"gated --", "yes no - - yes "},
      {"try_cast(memory as decimal(4, 1)) = 1.5", "no yes no - - "},
      {"batch_size % 2 = 0 and batch_size // 2 = 2", "no yes no - no "},
      {"batch_size // 0 = 1 or batch_size % 0 = 1", "- - - - - "},
      {"batch_size / 0 > 1e300 and (batch_size - batch_size) / 0 > 1", "yes yes yes - yes "},
      {"-memory * 2 - +1 = -2 ** 1", "yes no no - no "},
      {"abs(round(memory)) = 2 and sqrt(4) = 2 and greatest(1, 2) = 2", "no yes yes - no "},
      {"isnan(memory)", "no no no - yes "},
      {"length(dtype) > 2 and left(dtype, 1) = 'b' and upper(dtype) like 'BF%'", "no yes yes - no "},
      {"substring(dtype from 1 for 2) = 'bf' and trim(both 'b' from dtype) = 'float16'", "no yes yes - no "},
      {"position('16' in dtype) = 7 and dtype ^@ 'b' and starts_with(dtype, 'b')", "no yes yes - no "},
      {"dtype = 'a--b' or dtype = 'float32' -- or true", "yes no no - no "},
      {"dtype /* = 'float32' */ = 'bfloat16' /* /* and */ false */", "no yes yes - no "},
      {"dtype =\n  'bfloat16'", "no yes yes - no "},
      {"(dtype).lower() = 'float32'", "yes no no - no "},
      {"dtype = 'x'';) or (1 = 1 --'", "no no no - no "},
      {"dtype = '\\' or dtype = '$1' or dtype = '?'", "no no no - no "},
      {"dtype\u00a0=\u2003'bfloat16'", "no yes yes - no "},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(checked_values(text), expected) << text << "\n" << check(text);
    EXPECT_EQ(raw_values(text), expected) << text;
  }
}

// What the SQL looks like: nothing in it is the user's, and no macro can stand in for a function.
TEST_F(Conditions, AreWrittenAnew) {
  const struct {
    const char* text;
    const char* sql;
  } cases[] = {
      {"gated", "(t.gated)"},
      {"Dtype='a' /* x */ and not GATED", "(((t.dtype = 'a') AND (NOT t.gated)))"},
      {"model_name||'''' <> \"model.owner\"",
       R"(((system.main."||"((lower(t.model_name) || ''), '''') <> (t.model."owner"))))"},
      {"batch_size in [1,-2.50]",
       R"((system.main."contains"(system.main."list_value"(1, -2.50), t.batch_size)))"},
      {"memory between .5 and 1e3", "((t.memory BETWEEN .5 AND 1e+03))"},
      {"try_cast(dtype as int) is null", "((TRY_CAST(t.dtype AS INTEGER) IS NULL))"},
      {"nullif(dtype, 'a') like 'b'",
       R"((system.main."~~"(CASE WHEN (t.dtype = 'a') THEN NULL ELSE t.dtype END, 'b')))"},
      {"if(gated, true, null)", "(CASE WHEN t.gated THEN CAST('t' AS BOOLEAN) ELSE NULL END)"},
  };
  for (const auto& [text, sql] : cases) EXPECT_EQ(check(text), sql);
}

TEST_F(Conditions, CannotBeLedAstrayByMacros) {
  const std::string text =
      "lower(dtype) = 'float32' and batch_size + 1 = 2 and split_part(model.owner, '/', 1) like 'a%' "
      "and nullif(dtype, 'x') is not null and 'b' in tags";
  const std::string before = values(check(text), "cells");
  EXPECT_EQ(before, "yes no no no no ");
  for (const char* macro : {"lower(a)", "\"+\"(a, b)", "\"~~\"(a, b)", "contains(a, b)", "list_value(a, b)",
                            "split_part(a, b, c)", "string_split(a, b)", "array_extract(a, b)",
                            "nullif(a, b)", "json_serialize_sql(a)"}) {
    connection().execute(fmt::format("CREATE MACRO {} AS (SELECT max(secret) FROM cells)", macro));
  }
  EXPECT_EQ(values(check(text), "cells"), before);
}

TEST_F(Conditions, RefusedWithTheirMessages) {
  const std::string path = TESTLOOM_SOURCE_DIR "/tests/golden/plan/refused-conditions.txt";
  std::ifstream in(path);
  const std::string expected(std::istreambuf_iterator<char>(in), {});
  const std::string all = "allowed are " + join(condition_functions(), ", ");
  std::string written;
  size_t cases = 0;
  for (const std::string& line : split(expected, '\n')) {
    if (!line.starts_with("> ")) continue;
    std::string message = refusal(std::string_view(line).substr(2));
    EXPECT_NE(message, "") << line;
    if (message.ends_with(all)) message.replace(message.size() - all.size(), all.size(), "allowed are ...");
    written += fmt::format("{}{}\n{}\n", cases++ ? "\n" : "", line, message);
  }
  EXPECT_GT(cases, 190u);
  compare_with_golden(path, written);
}

TEST_F(Conditions, RefuseWhatIsNoText) {
  const auto message = [&](std::string_view text) {
    const std::string whole = refusal(text);
    return whole.substr(0, whole.find('\n'));
  };
  EXPECT_EQ(message(""), "--where: the condition is empty");
  EXPECT_EQ(message(" \t\n"), "--where: the condition is empty");
  EXPECT_EQ(message("gated\0 or true"s), "--where:1:1: the condition has a NUL character in it");
  EXPECT_EQ(message("dtype = '\xff'"), "--where: the condition is not UTF-8");
  EXPECT_EQ(message("dtype = '" + std::string(9990, 'x') + "'"), "");
  EXPECT_EQ(message("dtype = '" + std::string(9991, 'x') + "'"),
            "--where:1:1: the condition is 10001 bytes long; at most 10000 are taken");
  EXPECT_EQ(message(std::string(1'000'000, '(')),
            "--where:1:1: the condition is 1000000 bytes long; at most 10000 are taken");
  EXPECT_NE(refusal("evil(dtype)").find("\n  allowed are abs, ceil, ceiling, coalesce, concat, contains, "),
            std::string::npos);
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

// Texts that grow without end when they are parsed, bound or planned, and deep ones.
TEST_F(Conditions, RefuseBombs) {
  std::string cases = "1", betweens = "gated", lowers = "gated", nullifs = "gated", ins = "gated",
              splits = "dtype";
  for (int i = 0; i < 4; ++i) cases = "case " + cases + " when 1 then 1 when 2 then 2 when 3 then 3 end";
  for (int i = 0; i < 20; ++i) {
    betweens = "(" + betweens + " between false and true)";
    lowers = "(gated between " + lowers + " and true)";
    nullifs = "nullif(" + nullifs + ", false)";
    ins = "(" + ins + " in (gated, false, true))";
    splits = "split_part(" + splits + ", '/', 1)";
  }
  const struct {
    std::string text;
    const char* part;
  } bombs[] = {
      {repeated("not ", 2000) + "gated", "nested too deep"},
      {repeated("(gated and not ", 120) + "gated" + repeated(")", 120), "nested too deep"},
      {"batch_size" + repeated(" + 1", 2000) + " = 1", "nested too deep"},
      {repeated("- ", 2000) + "batch_size = 1", "nested too deep"},
      {"dtype" + repeated("::text", 1000) + " = 'x'", "nested too deep"},
      {"dtype" + repeated(" collate x", 900) + " = 'x'", "nested too deep"},
      {repeated("[", 4000) + "1" + repeated("]", 4000), "nested too deep"},
      {"(dtype)" + repeated(".lower()", 1000) + " = 'x'", "nested too deep"},
      {repeated("lower(", 101) + "dtype" + repeated(")", 101) + " = 'x'", "nested too deep"},
      {cases + " = 1", "more than 10 WHENs"},
      {betweens, "too large"},
      {lowers, "too large"},
      {nullifs, "too large"},
      {ins, "too large"},
      {splits + " = 'x'", "too large"},
      {"(select " + repeated("sum(batch_size) over w, ", 200) + "1 window w as (order by " +
           repeated("dtype, ", 300) + "gated)) = 1",
       "no window functions"},
      {"(select 1 group by cube(" + repeated("dtype, ", 30) + "gated)) = 1", "rouping set"},
  };
  for (const auto& [text, part] : bombs) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_NE(refusal(text).find(part), std::string::npos) << refusal(text);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << text.substr(0, 60);
  }
}

// As deep and as long as is allowed, they run in no time.
TEST_F(Conditions, TakeLongOnes) {
  std::string names = "dtype in ('float32'", ors = "dtype = 'float32'", plus = "batch_size", nested = "gated";
  for (int i = 0; i < 900; ++i) names += fmt::format(", 'n{}'", i);
  for (int i = 0; i < 400; ++i) ors += fmt::format(" or dtype = '{}'", i);
  for (int i = 0; i < 97; ++i) plus += " + 1";
  for (int i = 0; i < 48; ++i) nested = "(gated and (dtype = 'x' or " + nested + "))";
  std::string betweens = "gated", lowers = "gated", equals = "gated", cases = "gated";
  for (int i = 0; i < 7; ++i) betweens = "(" + betweens + " between false and true)";
  for (int i = 0; i < 11; ++i) lowers = "(gated between " + lowers + " and true)";
  for (int i = 0; i < 97; ++i) equals = "(" + equals + " = gated)";
  for (int i = 0; i < 10; ++i) cases = "case when " + cases + " then dtype = 'x' else gated end";
  for (const std::string& text : {names + ")", ors, plus + " > 1", nested, betweens, lowers, equals, cases}) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(refusal(text), "");
    EXPECT_EQ(checked_values(text), raw_values(text)) << text.substr(0, 60);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << text.substr(0, 60);
  }
}

TEST_F(Conditions, ArePlacedInTheirFile) {
  const auto message = [&](std::string_view text, const ConditionSource& source) {
    try {
      return check(text, source);
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  const std::string line = "exclude = [{ why = 'ä', where = \"dtyp = 'a' and tru()\" }]";
  EXPECT_EQ(message("dtyp = 'a' and tru()", {"plan.toml", line, 7, 34}),
            "plan.toml:7:34: unknown column 'dtyp'\n"
            "  exclude = [{ why = 'ä', where = \"dtyp = 'a' and tru()\" }]\n"
            "                                   ^^^^\n"
            "  did you mean 'dtype'?");
  // The file's text is not the condition's: an escape, or a string of several lines.
  EXPECT_EQ(message("gated and dtyp = '\"'", {"plan.toml", "where = \"gated and dtyp = '\\\"'\"", 7, 10}),
            "plan.toml:7:10: unknown column 'dtyp'\n"
            "  where = \"gated and dtyp = '\\\"'\"\n"
            "           ^\n"
            "  did you mean 'dtype'?");
  EXPECT_EQ(message("gated\nand dtyp = 'a'", {"plan.toml", "where = '''gated", 7, 12}),
            "plan.toml:7:12: unknown column 'dtyp'\n"
            "  where = '''gated\n"
            "             ^\n"
            "  did you mean 'dtype'?");
  EXPECT_EQ(message("gated\nand dtyp = 'a'",
                    {"plan.toml", "where = \"\"\"\ngated\nand dtyp = 'a'\"\"\"\nreason = 'x'", 7, 10}),
            "plan.toml:9:5: unknown column 'dtyp'\n"
            "  and dtyp = 'a'\"\"\"\n"
            "      ^^^^\n"
            "  did you mean 'dtype'?");
  EXPECT_EQ(message("gated\nand dtyp = 'a'\nor true", {"--where", "", 0, 0}),
            "--where:2:5: unknown column 'dtyp'\n"
            "  and dtyp = 'a'\n"
            "      ^^^^\n"
            "  did you mean 'dtype'?");
  EXPECT_EQ(message("'ä' = \"Dtyp e\"", {"--where", "", 0, 0}),
            "--where:1:7: unknown column 'Dtyp e'\n"
            "  'ä' = \"Dtyp e\"\n"
            "        ^^^^^^^^\n"
            "  did you mean 'dtype'?");
  // DuckDB counts a wide blank as a narrow one, so that the place is not known.
  EXPECT_EQ(message("gated\u00a0and dtyp = 'a'", {"--where", "", 0, 0}).substr(0, 37),
            "--where:1:1: unknown column 'dtyp'\n  ");
}

TEST_F(Conditions, TellColumnsApartByCase) {
  const std::vector<ConditionColumn> keys = {
      {"model.Owner", "a", "VARCHAR"}, {"model.owner", "b", "VARCHAR"}, {"model.SIZE", "c", "VARCHAR"}};
  const auto sql = [&](std::string_view text) {
    try {
      return checked_condition(connection(), text, keys, {"--where", "", 0, 0}, ErrorKind::spec).sql;
    } catch (const Error& error) {
      return error.message();
    }
  };
  EXPECT_EQ(sql("model.Owner = 'x'"), "((a = 'x'))");
  EXPECT_EQ(sql("model.owner = 'x'"), "((b = 'x'))");
  EXPECT_EQ(sql("MODEL.size = 'x'"), "((c = 'x'))");
  EXPECT_EQ(sql("model.OWNER = 'x'"), "'model.OWNER' may be 'model.Owner' or 'model.owner'");
}

TEST_F(Conditions, SayWhichOneFailedOnARow) {
  EXPECT_STREQ(
      condition_failed("dtype::int = 1", {"--where", "", 0, 0}, ErrorKind::usage,
                       "Conversion Error: Could not convert string 'a' to INT32\n\nLINE 1: ...")
          .what(),
      "--where:1:1: the condition fails on a row: Conversion Error: Could not convert string 'a' to INT32\n"
      "  dtype::int = 1\n"
      "  ^^^^^^^^^^^^^^\n"
      "  TRY_CAST(... AS type) gives NULL where a cast fails");
}

}  // namespace
}  // namespace testloom
