// Lines of journals: what is written is read back, whatever stands in it, and what is cut or damaged does no
// harm.
#include "engine/journal_lines.h"

#include <gtest/gtest.h>

#include <random>

#include <fmt/format.h>

#include "engine/line_reference.h"
#include "engine/outcome.h"

namespace testloom {
namespace {

// The reader takes lines that have bytes behind them.
class Padded {
 public:
  explicit Padded(const std::string& line) : bytes_(line), size_(line.size()) {
    bytes_.append(LineReader::padding, 'x');
  }
  std::string_view line() const { return std::string_view(bytes_).substr(0, size_); }

 private:
  std::string bytes_;
  size_t size_;
};

Outcome full_outcome() {
  Outcome full;
  full.test_id = "0123abcd-0000-8000-8000-0000000000ff";
  full.case_name = "m\"\\\n\xc3\xa9/cpu/t[batch_size=1]";
  full.model_name = "m\"\\\n\xc3\xa9";
  full.hardware_type = "cpu";
  full.batch_size = 4;
  full.template_name = "t";
  full.axes_json = R"({"dtype": "float32", "deep": [[[{}]]]})";
  full.repetition = 2;
  full.attempt = 3;
  full.outcome = outcome::failed;
  full.observed = "passed";
  full.reason = "exit status 3";
  full.started_at_us = 1'769'900'000'000'000;
  full.duration_s = 0.25;
  full.peak_memory_bytes = 1;
  full.peak_device_memory_bytes = 2;
  full.estimated_memory_bytes = 3;
  full.estimated_host_memory_bytes = 4;
  full.slot = "cuda:0";
  full.start = "fork";
  full.cores = 2;
  full.beside = {"a", "b\n"};
  full.environment_json = R"({"python": "3.11"})";
  full.result_json = R"({"big": 123456789012345678901234567890, "nan": "NaN"})";
  full.error_type = "AssertionError";
  full.error_message = "]}";
  full.traceback = "t\n";
  full.output_tail = std::string("a\0b", 3);
  full.output_file = "r.work/1.txt";
  full.artifacts = "r.artifacts/1";
  return full;
}

TEST(JournalLines, WhatIsWrittenIsReadBackKeyByKey) {
  const Padded line(to_json_line(full_outcome()));
  LineReader reader;
  ASSERT_EQ(reader.read(line.line()), LineType::outcome);
  EXPECT_EQ(difference(reader, line.line()), "");
  for (size_t key = kFirstOutcomeKey; key < kLineKeys.size(); ++key)
    EXPECT_FALSE(std::holds_alternative<std::monostate>(reader.value(key))) << kLineKeys[key].name;
  EXPECT_EQ(reader.text(line_key("output_tail")), std::string_view("a\0b", 3));
  EXPECT_EQ(reader.text(line_key("result")), R"({"big": 123456789012345678901234567890, "nan": "NaN"})");
  EXPECT_EQ(reader.attempt(), (AttemptKey{{0x0123abcd00008000, 0x80000000000000ff}, 2, 3}));
}

TEST(JournalLines, EveryBeginningOfALineIsNone) {
  const std::string whole = to_json_line(full_outcome());
  LineReader reader;
  for (size_t size = 0; size < whole.size(); ++size) {
    // What follows in the file must not make a line of it.
    const std::string bytes = whole.substr(0, size) + "\n" + whole + std::string(LineReader::padding, '}');
    EXPECT_EQ(reader.read(std::string_view(bytes).substr(0, size)), LineType::none) << size;
  }
}

// What every outcome has, and more.
std::string outcome_with(const std::string& more) {
  return R"({"type": "outcome", "test_id": "0123abcd-0000-8000-8000-0000000000ff", "case": "c", )"
         R"("attempt": 1, "outcome": "passed", "started_at_us": 5)" +
         more + "}";
}

TEST(JournalLines, WhatIsALineAndWhatIsNone) {
  const std::string run = R"({"type": "run", "run_id": "r", "plan_id": 1, "started_at_us": 5)";
  const std::vector<std::pair<std::string, LineType>> cases = {
      {outcome_with(""), LineType::outcome},
      {outcome_with(R"(, "later": {"a": [1, "}"]}, "cores": null)"), LineType::outcome},
      {outcome_with(R"(, "repetition": "x", "peak_memory_bytes": 1e400)"), LineType::outcome},
      {outcome_with(R"(, "started_at_us": 999999999999999999)"), LineType::none},
      {outcome_with(R"(, "attempt": 3000000000)"), LineType::none},
      {outcome_with(R"(, "test_id": "0123abcd-0000-8000-8000-0000000000f")"), LineType::none},
      {outcome_with(R"(, "test_id": "0123abcd-0000-8000-8000-0000000000fg")"), LineType::none},
      {outcome_with(R"(, "outcome": "")"), LineType::none},
      {outcome_with(R"(, "case": 1)"), LineType::none},
      {outcome_with("") + "}", LineType::none},
      {outcome_with("") + outcome_with(""), LineType::none},
      {"[" + outcome_with("") + "]", LineType::none},
      {outcome_with(", \"case\": \"\xff\""), LineType::none},
      {run + "}", LineType::run},
      {run + R"(, "plan_id": "1"})", LineType::none},
      {run + R"(, "run_id": ""})", LineType::none},
      {R"({"type": "end", "ended_at_us": 7})", LineType::end},
      {R"({"type": "end"})", LineType::none},
      {R"({"type": "resume"})", LineType::none},
      {"", LineType::none},
      {"null", LineType::none},
      {"\"text\"", LineType::none},
      {std::string(5000, '['), LineType::none},
  };
  LineReader reader;
  for (const auto& [line, type] : cases) {
    const Padded padded(line);
    EXPECT_EQ(reader.read(padded.line()), type) << line;
  }
}

TEST(JournalLines, DamagedLinesAreReadAsBoostReadsThemOrNotAtAll) {
  const std::string whole = to_json_line(full_outcome());
  constexpr std::string_view bytes = "{}[]\",:\\ 0123456789-+.eEntfalsu\xc3\xa9\x01";
  std::mt19937_64 random(7);
  LineReader reader;
  int outcomes = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string line = whole;
    for (uint64_t changes = random() % 3 + 1; changes > 0; --changes) {
      const size_t at = random() % line.size();
      const char byte = bytes[random() % bytes.size()];
      switch (random() % 3) {
        case 0:
          line[at] = byte;
          break;
        case 1:
          line.insert(at, 1, byte);
          break;
        default:
          line.erase(at, random() % 4 + 1);
      }
    }
    const Padded padded(line);
    if (reader.read(padded.line()) != LineType::outcome) continue;
    ++outcomes;
    EXPECT_EQ(difference(reader, padded.line()), "") << line;
  }
  EXPECT_GT(outcomes, 1000);
}

}  // namespace
}  // namespace testloom
