// The JSON that a report's page gets: pinned for a small store, and safe for every text.
#include "report/html/payload.h"

#include <boost/json.hpp>

#include "report/html/cause_groups.h"
#include "report/html/html_report.h"
#include "report_fixture.h"
#include "support/golden.h"

namespace testloom {
namespace {

class Payload : public ReportFixture {
 protected:
  boost::json::object parsed() {
    return boost::json::parse(report_payload(read(), "test.duckdb")).get_object();
  }

  static std::vector<std::string> texts(const boost::json::value& list) {
    std::vector<std::string> found;
    for (const auto& each : list.get_array()) found.emplace_back(each.get_string());
    return found;
  }
};

TEST_F(Payload, OfASmallStore) {
  add_plan(1, "nightly");
  add_run("20260131-100000000-9f1c");
  add_run("20260131-100100000-9f1d");
  const std::string fast =
      R"(result = '{"latency_s": {"p50": 0.012345678, "p95": 0.02}, "throughput_per_s": 81.25}', duration_s = 4.5, )"
      "peak_memory_bytes = 1234567890, estimated_memory_bytes = 1500000000";
  add({.run_id = "20260131-100000000-9f1c", .more = fast});
  add({.run_id = "20260131-100100000-9f1d", .more = fast});
  add({.run_id = "20260131-100100000-9f1d",
       .batch_size = 8,
       .outcome = "crashed",
       .more = "reason = 'SIGSEGV', output_tail = 'here\nit ends'"});
  for (const char* model : {"gpt-a", "gpt-b"}) {
    add({.run_id = "20260131-100100000-9f1d",
         .model_name = model,
         .hardware_type = "cuda",
         .outcome = "error",
         .more = fmt::format(
             "error_type = 'ValueError', error_message = '{0} lacks 3 layers', traceback = 'Traceback "
             "(most recent call last):\n  File \"/t/{0}/v.py\", line 3, in test_v\nValueError: {0} lacks 3 "
             "layers'",
             model)});
  }
  std::string json = report_payload(read(), "test.duckdb");
  // A line for each key, so that a difference can be seen.
  for (size_t at = 0; (at = json.find(", \"", at)) != std::string::npos; ++at) json.replace(at, 2, ",\n");
  compare_with_golden(std::filesystem::path(TESTLOOM_SOURCE_DIR) / "tests/golden/report/payload.json",
                      json + "\n");
}

const std::vector<std::string> kHostile = {"</script><img src=x onerror=alert(1)>",
                                           "<!--<script>",
                                           "]]>&lt;&amp;",
                                           "\u2028\u2029",
                                           "\u202eevil\u2066",
                                           "\"quoted\" \\ 'single' `back` ${x}",
                                           "tab\tnew\nline\x01\x7f",
                                           "שלום العربية",
                                           std::string(4000, 'n'),
                                           "𝔘 🐈 é"};

TEST_F(Payload, KeepsHostileNamesAndCannotEndItsElement) {
  add_run("r1");
  for (const std::string& name : kHostile) {
    add({.run_id = "r1",
         .model_name = name,
         .outcome = "error",
         .more = fmt::format("error_message = {0}, traceback = {0}, output_tail = {0}, error_type = 'E'",
                             sql_text(name))});
  }
  const std::string json = report_payload(read(), "</script>.duckdb");
  for (const char c : json)
    ASSERT_TRUE(c >= ' ' && c <= '~' && c != '<' && c != '>' && c != '&') << static_cast<int>(c);
  const boost::json::object payload = boost::json::parse(json).get_object();
  std::vector<std::string> expected = kHostile;
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(texts(payload.at("models")), expected);
  EXPECT_EQ(payload.at("store").get_string(), "</script>.duckdb");
}

TEST_F(Payload, ALongOutputIsCutBetweenCharacters) {
  add_run("r1");
  std::string long_output;
  for (int i = 0; i < 4000; ++i) long_output += "ü";
  add({.run_id = "r1", .outcome = "failed", .more = "output_tail = " + sql_text(long_output)});
  const boost::json::object payload = parsed();
  const std::string output(payload.at("causes").at(0).at("samples").at(0).at("output").get_string());
  EXPECT_LE(output.size(), CauseGroups::kSampleLength + 8);
  EXPECT_EQ(output.find("\ufffd"), std::string::npos) << "a character was cut in two";
}

TEST_F(Payload, FailuresHaveRoomAndNoMore) {
  add_run("r1");
  // Every test fails for a reason of its own, and says much.
  connection().execute(
      "INSERT INTO outcomes (run_id, test_id, \"case\", attempt, outcome, started_at, model_name, "
      "hardware_type, batch_size, "
      "template_name, axes, repetition, error_type, error_message, traceback, output_tail) SELECT 'r1', "
      "uuid(), 'm' || i || "
      "'/cpu/t[batch_size=1]', 1, 'error', now(), 'm' || i, 'cpu', 1, 't', '{}', 1, 'E' || i, repeat(chr((97 "
      "+ i % 26)::INTEGER), 900) || i, "
      "repeat('word_' || i || ' ', 2000), repeat('out_' || i || ' ', 2000) FROM range(2000) r(i)");
  const ReportData data = read();
  size_t room = 0;
  for (const ReportedCause& cause : data.causes) {
    for (const CauseSample& sample : cause.samples) room += sample.traceback.size() + sample.output.size();
  }
  EXPECT_LE(room, CauseGroups::kSampleRoom);
  EXPECT_GT(room, CauseGroups::kSampleRoom / 2);
  size_t said = 0;
  for (const std::string& message : data.messages.texts()) said += message.size();
  EXPECT_LE(said, CauseGroups::kMessageRoom);
  EXPECT_GT(said, CauseGroups::kMessageRoom / 2);
  ASSERT_EQ(data.causes.size(), CauseGroups::kCauses + 1);
  EXPECT_EQ(data.causes.back().title, "other causes");
  EXPECT_EQ(data.causes.back().tests, 1500);
  for (const ReportedTest& test : data.tests) ASSERT_LE(test.cause, static_cast<int>(CauseGroups::kCauses));
}

TEST_F(Payload, ACauseKeepsAFewSamplesThatDiffer) {
  add_run("r1");
  for (int i = 0; i < 9; ++i) {
    add({.run_id = "r1",
         .batch_size = 1 + i,
         .outcome = "failed",
         .more = fmt::format("error_type = 'E', error_message = 'no', output_tail = 'text {}'", i / 2)});
  }
  const ReportData data = read();
  ASSERT_EQ(data.causes.size(), 1u);
  EXPECT_EQ(data.causes[0].tests, 9);
  std::vector<std::string> outputs;
  for (const CauseSample& sample : data.causes[0].samples) outputs.push_back(sample.output);
  EXPECT_EQ(outputs, (std::vector<std::string>{"text 0", "text 1", "text 2"}));
}

TEST_F(Payload, TheCauseOfTheMostTestsHasASampleHoweverMuchOthersSay) {
  add_run("r1");
  connection().execute(
      "INSERT INTO outcomes (run_id, test_id, \"case\", attempt, outcome, started_at, model_name, "
      "hardware_type, "
      "batch_size, template_name, axes, repetition, error_type, output_tail) SELECT 'r1', uuid(), "
      "format('{:04}', i), 1, "
      "'error', now(), format('{:04}', i), 'cpu', 1, 't', '{}', 1, CASE WHEN i < 300 THEN 'E' || i ELSE "
      "'Common' END, "
      "repeat('line\n', 1000) FROM range(400) r(i)");
  const ReportData data = read();
  EXPECT_EQ(data.causes[0].title, "Common");
  EXPECT_EQ(data.causes[0].samples.size(), 1u);
  EXPECT_TRUE(data.causes[299].samples.empty());
}

TEST_F(Payload, CausesThatFailStandFirstThenThoseOfTheMostTests) {
  add_run("r1");
  for (int i = 0; i < 3; ++i)
    add({.run_id = "r1", .batch_size = 1 + i, .outcome = "skipped", .more = "reason = 'no device'"});
  add({.run_id = "r1", .batch_size = 10, .outcome = "timeout"});
  for (int i = 0; i < 2; ++i)
    add({.run_id = "r1", .batch_size = 20 + i, .outcome = "crashed", .more = "reason = 'SIGILL'"});
  const ReportData data = read();
  std::vector<std::string> titles;
  for (const ReportedCause& cause : data.causes)
    titles.push_back(fmt::format("{} {}", cause.tests, cause.title));
  EXPECT_EQ(titles, (std::vector<std::string>{"2 SIGILL", "1 timeout", "3 no device"}));
  for (const ReportedTest& test : data.tests) {
    EXPECT_EQ(data.causes[static_cast<size_t>(test.cause)].outcome, data.outcomes[test.outcome]);
  }
}

TEST_F(Payload, StandsInAPageThatLoadsNothing) {
  add_run("r1");
  add({.run_id = "r1", .model_name = "</script><script>alert(1)</script>"});
  const std::string html = html_report(read(), "test.duckdb");
  EXPECT_TRUE(html.starts_with("<!doctype html>"));
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(html.find("The MIT License (MIT)"), std::string::npos) << "the licence of what is bundled";
  size_t scripts = 0;
  for (size_t at = 0; (at = html.find("<script", at)) != std::string::npos; ++at) ++scripts;
  EXPECT_EQ(scripts, 2u);
  EXPECT_EQ(html.find(" src="), std::string::npos);
  EXPECT_EQ(html.find("<link"), std::string::npos);
}

}  // namespace
}  // namespace testloom
