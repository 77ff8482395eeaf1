// Expectations files: what they say of outcomes, and every mistake at its place.
#include "engine/expectations.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "support/temporary_folder.h"
#include "testloom/error.h"

namespace testloom {
namespace {

namespace fs = std::filesystem;
using std::chrono::year_month_day;

constexpr year_month_day day(int year, unsigned month, unsigned number) {
  return {std::chrono::year(year), std::chrono::month(month), std::chrono::day(number)};
}

class ExpectationsTest : public ::testing::Test {
 protected:
  fs::path file(const std::string& name, const std::string& text) {
    write_file(folder.path() / name, text, ErrorKind::usage);
    return folder.path() / name;
  }
  Expectations of(const std::string& text) { return read_expectations({file("known.csv", text)}); }

  // Texts with the folder taken out.
  std::string plain(std::string text) {
    const std::string path = folder.path().native() + "/";
    for (size_t at; (at = text.find(path)) != std::string::npos;) text.erase(at, path.size());
    return text;
  }

  std::string mistakes(const std::string& text) {
    try {
      of(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::spec);
      return plain(error.what());
    }
    return "none";
  }

  static Outcome came_out(std::string_view word, const std::string& error = "") {
    Outcome outcome;
    outcome.case_name = "org/bert/cuda/latency[batch_size=16,dtype=float16]";
    outcome.model_name = "org/bert";
    outcome.hardware_type = "cuda";
    outcome.template_name = "latency";
    outcome.batch_size = 16;
    outcome.axes_json = R"({"dtype": "float16", "steps": 3})";
    outcome.outcome = word;
    outcome.error_message = error;
    if (!error.empty()) outcome.error_type = "ValueError";
    return outcome;
  }

  // "outcome|observed|reason" of what is judged.
  std::string judged(const std::string& text, Outcome outcome, year_month_day today = day(2026, 3, 1)) {
    of(text).judge(outcome, today);
    return outcome.outcome + "|" + outcome.observed + "|" + plain(outcome.reason);
  }

  TemporaryFolder folder;
};

TEST_F(ExpectationsTest, AFailureAsDeclaredIsAKnownFailure) {
  EXPECT_EQ(judged("model_name,outcome,reason,ticket\norg/bert,error|oom,no kernel,ABC-1\n",
                   came_out(outcome::error, "x")),
            "known_failure|error|known.csv:2: no kernel (ABC-1)");
  EXPECT_EQ(judged("model_name,outcome,reason\norg/bert,crashed,the driver\n",
                   [] {
                     Outcome outcome = came_out(outcome::crashed);
                     outcome.reason = "SIGSEGV";
                     return outcome;
                   }()),
            "known_failure|crashed|known.csv:2: the driver; SIGSEGV");
}

TEST_F(ExpectationsTest, AnyOtherOutcomeIsWhatItWas) {
  const std::string known = "model_name,outcome,reason\norg/bert,oom,too big\n";
  EXPECT_EQ(judged(known, came_out(outcome::error)), "error||known.csv:2 expects oom");
  for (const std::string_view word : {outcome::skipped, outcome::implied_oom, outcome::interrupted})
    EXPECT_EQ(judged(known, came_out(word)), std::string(word) + "||");
}

TEST_F(ExpectationsTest, APassAgainstTheDeclarationIsAFailure) {
  const std::string reason = "it passed, and known.csv:2 expects oom: take the row out";
  EXPECT_EQ(judged("model_name,outcome,reason\norg/bert,oom,too big\n", came_out(outcome::passed)),
            "failed|passed|" + reason);
  EXPECT_EQ(judged("model_name,outcome,reason\norg/bert,oom|passed,at times\n", came_out(outcome::passed)),
            "passed||");
}

TEST_F(ExpectationsTest, JudgingTwiceChangesNothing) {
  const Expectations known = of("model_name,outcome,reason\norg/bert,failed,known\n");
  Outcome outcome = came_out(outcome::passed);
  known.judge(outcome, day(2026, 3, 1));
  const std::string reason = outcome.reason;
  known.judge(outcome, day(2026, 3, 1));
  EXPECT_EQ(outcome.outcome, outcome::failed);
  EXPECT_EQ(outcome.reason, reason);
}

TEST_F(ExpectationsTest, ARowHoldsThroughItsLastDay) {
  const std::string known = "model_name,outcome,reason,expires\norg/bert,error,known,2026-02-28\n";
  EXPECT_EQ(judged(known, came_out(outcome::error), day(2026, 2, 28)),
            "known_failure|error|known.csv:2: known");
  EXPECT_EQ(judged(known, came_out(outcome::error)), "error||known.csv:2 expected this until 2026-02-28");
  EXPECT_EQ(judged(known, came_out(outcome::oom)), "oom||");
  EXPECT_EQ(judged(known, came_out(outcome::passed)), "passed||") << "an expired row forbids nothing";
}

TEST_F(ExpectationsTest, OneOfSeveralRowsIsEnough) {
  const std::string known =
      "model_name,hardware_type,outcome,reason,expires\norg/*,,oom,too big,\n,cuda,error,old,2026-01-01\n"
      "# how it fails now\n*,cuda,error,no kernel,\n";
  EXPECT_EQ(judged(known, came_out(outcome::error)), "known_failure|error|known.csv:5: no kernel");
}

// Each selector for the test of came_out(): whether the row holds for it.
TEST_F(ExpectationsTest, EverySelectorIsHeeded) {
  const std::string case_name = "org/bert/cuda/latency[batch_size=16,dtype=float16]";
  const std::tuple<const char*, std::string, bool> selectors[] = {
      {"case", '"' + case_name + '"', true},
      {"case", "org/bert/cuda/latency[batch_size=16]", false},
      {"case", "*[*dtype=float16]", true},
      {"model_name", "org/bert", true},
      {"model_name", "org/b?rt", true},
      {"model_name", "bert", false},
      {"hardware_type", "cuda", true},
      {"hardware_type", "c*", true},
      {"hardware_type", "cpu", false},
      {"template_name", "lat*", true},
      {"template_name", "memory", false},
      {"batch_size", "16", true},
      {"batch_size", "8", false},
      {"batch_size", "1-16", true},
      {"batch_size", "17-20", false},
      {"batch_size", ">=16", true},
      {"batch_size", ">16", false},
      {"batch_size", "<=16", true},
      {"batch_size", "<16", false},
      {"axes.dtype", "float16", true},
      {"axes.dtype", "float*", true},
      {"axes.dtype", "int8", false},
      {"axes.steps", "3", true},
      {"axes.steps", "4", false},
      {"axes.other", "*", false},
  };
  for (const auto& [column, value, holds] : selectors) {
    const std::string said = judged(std::string(column) + ",outcome,reason\n" + value + ",error,known\n",
                                    came_out(outcome::error));
    EXPECT_EQ(said.starts_with("known_failure"), holds) << column << " " << value;
  }
}

TEST_F(ExpectationsTest, AnErrorCanBePartOfWhatIsExpected) {
  const std::string known = "model_name,outcome,error,reason\norg/bert,error,ValueError: no kernel*,known\n";
  EXPECT_EQ(judged(known, came_out(outcome::error, "no kernel\nfor int8")),
            "known_failure|error|known.csv:2: known");
  EXPECT_EQ(judged(known, came_out(outcome::error, "a shape")),
            "error||known.csv:2 expects error with the error 'ValueError: no kernel*'");
}

TEST_F(ExpectationsTest, GlobsOfPathsAreFollowedInOrder) {
  file("b.csv", "model_name,outcome,reason\nb,oom,two\n");
  file("a.csv", "model_name,outcome,reason\na,oom,one\n");
  const Expectations known = read_expectations({folder.path() / "?.csv"});
  ASSERT_EQ(known.rows().size(), 2u);
  EXPECT_EQ(known.rows()[0].model_name + known.rows()[1].model_name, "ab");
  EXPECT_TRUE(read_expectations({}).rows().empty());
}

TEST_F(ExpectationsTest, EveryMistakeIsShownAtItsPlace) {
  EXPECT_EQ(mistakes("model_name,outcome,reason,expires,batch_size\n"
                     "bert,eror,no kernel,2026-02-30,\n"
                     "gpt2,oom,,,four\n"
                     ",oom,big,,\n"
                     "t5,passed,fine,,\n"
                     "t5,,fine,,\n"
                     "t5,oom,a,b,c,d\n"),
            "known.csv:2:6: 'eror' is no outcome that can be expected\n"
            "  bert,eror,no kernel,2026-02-30,\n"
            "       ^^^^\n"
            "  did you mean 'error'?\n"
            "known.csv:2:21: '2026-02-30' is no date\n"
            "  bert,eror,no kernel,2026-02-30,\n"
            "                      ^^^^^^^^^^\n"
            "  such as 2026-01-31, the last day that it holds\n"
            "known.csv:3:10: the reason is missing\n"
            "  gpt2,oom,,,four\n"
            "           ^\n"
            "  say why the test is known to fail\n"
            "known.csv:3:12: 'four' is no batch size\n"
            "  gpt2,oom,,,four\n"
            "             ^^^^\n"
            "  such as 4, 4-16, >=16 or <16\n"
            "known.csv:4:1: this row says of no test, so it would hold for all\n"
            "  ,oom,big,,\n"
            "  ^\n"
            "  name a case, a model or a hardware type; '*' for all\n"
            "known.csv:5:4: a row that expects a pass alone says nothing\n"
            "  t5,passed,fine,,\n"
            "     ^^^^^^\n"
            "  take it out, or add a failure: failed|passed\n"
            "known.csv:6:4: the outcome is missing\n"
            "  t5,,fine,,\n"
            "     ^\n"
            "  it is one of failed, error, crashed, timeout, oom, passed\n"
            "known.csv:7:14: this row has 6 fields, but the first line names 5 columns\n"
            "  t5,oom,a,b,c,d\n"
            "               ^\n"
            "  put what has a comma in it in quotes");
}

TEST_F(ExpectationsTest, AFirstLineThatNamesNoColumnsIsShown) {
  EXPECT_EQ(mistakes("modle_name,outcome,outcome\n"),
            "known.csv:1:1: there is no column 'modle_name'\n"
            "  modle_name,outcome,outcome\n"
            "  ^^^^^^^^^^\n"
            "  did you mean 'model_name'?\n"
            "known.csv:1:20: the column 'outcome' stands twice\n"
            "  modle_name,outcome,outcome\n"
            "                     ^^^^^^^\n"
            "known.csv:1:1: the column 'reason' is missing\n"
            "  modle_name,outcome,outcome\n"
            "  ^^^^^^^^^^\n"
            "  every row says what is expected, and why");
  EXPECT_EQ(mistakes(""),
            "known.csv:1:1: the line with the names of the columns is missing\n  \n  ^\n"
            "  such as: model_name,hardware_type,outcome,reason");
  EXPECT_EQ(mistakes("case,outcome,reason\n\"a,oom,x\n"),
            "known.csv:2:1: this quote is never closed\n  \"a,oom,x\n  ^");
  EXPECT_EQ(mistakes("case,outcome,reason\na,oom,\xff\n"),
            "known.csv:2:7: this byte is not UTF-8\n  a,oom,?\n        ^\n  save the file as UTF-8");
}

TEST_F(ExpectationsTest, ManyMistakesAreCounted) {
  std::string text = "case,outcome,reason\n";
  for (int i = 0; i < 150; ++i) text += "a,b,c\n";
  EXPECT_NE(mistakes(text).find("\nand 50 mistakes more"), std::string::npos);
}

TEST_F(ExpectationsTest, AFileThatIsNotThereIsAnError) {
  for (const char* name : {"nope.csv", "nope*.csv"}) {
    try {
      read_expectations({folder.path() / name});
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::spec);
      EXPECT_NE(error.message().find(name), std::string::npos) << error.message();
    }
  }
}

}  // namespace
}  // namespace testloom
