#include "report/html/payload.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "base/json_writer.h"

namespace testloom {

namespace {

constexpr size_t kIdLength = 18;  // of a test's id so much is told: its first 60 bits, with the hyphens

// A column of numbers without blanks between them; -1 where there is none.
class NumberColumn {
 public:
  void add(int64_t number) {
    separate();
    fmt::format_to(std::back_inserter(text_), "{}", number);
  }
  // With so many significant digits as a page can show.
  void add(const std::optional<double>& number, int digits) {
    separate();
    if (!number) {
      text_ += "-1";
      return;
    }
    any_ = true;
    fmt::format_to(std::back_inserter(text_), "{:.{}g}", *number, digits);
  }
  bool any() const { return any_; }
  std::string take() { return "[" + std::move(text_) + "]"; }

 private:
  void separate() {
    if (!text_.empty()) text_ += ',';
  }
  std::string text_;
  bool any_ = false;
};

void write_texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name).begin_array();
  for (const std::string& each : texts) json.value(each);
  json.end_array();
}

void write_runs(JsonWriter& json, const ReportData& data) {
  json.key("runs").begin_array();
  for (const ReportedRun& run : data.runs) {
    json.begin_object().member("run_id", run.run_id).member("started_at", run.started_at);
    json.member("plan", run.plan).member("host", run.host);
    json.key("outcomes").begin_object();
    for (const auto& [word, count] : run.outcomes) json.member(word, count);
    json.end_object().end_object();
  }
  json.end_array();
}

template <typename Of>
void write_integers(JsonWriter& json, std::string_view name, const ReportData& data, const Of& of) {
  NumberColumn column;
  for (const ReportedTest& test : data.tests) column.add(int64_t{of(test)});
  json.key(name).raw(column.take());
}

// In units of `unit`; a column without any number is left out.
void write_figures(JsonWriter& json, std::string_view name, const ReportData& data,
                   std::optional<double> ReportedTest::*figure, double unit) {
  constexpr int kDigits = 4;
  NumberColumn column;
  for (const ReportedTest& test : data.tests) {
    const std::optional<double>& value = test.*figure;
    column.add(value ? std::optional(*value / unit) : std::nullopt, kDigits);
  }
  if (column.any()) json.key(name).raw(column.take());
}

void write_tests(JsonWriter& json, const ReportData& data) {
  using Test = ReportedTest;
  json.key("tests").begin_object();
  write_integers(json, "model", data, [](const Test& test) { return test.model; });
  write_integers(json, "hardware_type", data, [](const Test& test) { return test.hardware; });
  write_integers(json, "batch_size", data, [](const Test& test) { return test.batch; });
  write_integers(json, "template", data, [](const Test& test) { return test.name; });
  write_integers(json, "axes", data, [](const Test& test) { return test.axes; });
  write_integers(json, "outcome", data, [](const Test& test) { return test.outcome; });
  write_integers(json, "run", data, [](const Test& test) { return test.run; });
  write_integers(json, "cause", data, [](const Test& test) { return test.cause; });
  write_integers(json, "message", data, [](const Test& test) { return test.message; });
  write_figures(json, "p50_ms", data, &Test::p50_s, 1e-3);
  write_figures(json, "p95_ms", data, &Test::p95_s, 1e-3);
  write_figures(json, "throughput_per_s", data, &Test::throughput_per_s, 1);
  write_figures(json, "duration_s", data, &Test::duration_s, 1);
  write_figures(json, "memory_mb", data, &Test::memory_bytes, 1e6);
  write_figures(json, "estimated_mb", data, &Test::estimated_bytes, 1e6);
  NumberColumn flaky;  // the numbers of those that are
  for (size_t i = 0; i < data.tests.size(); ++i) {
    if (data.tests[i].is_flaky) flaky.add(static_cast<int64_t>(i));
  }
  json.key("flaky").raw(flaky.take());
  std::string ids;
  for (const Test& test : data.tests) ids += test.test_id.substr(0, kIdLength);
  json.member("ids", ids).member("id_length", static_cast<int64_t>(kIdLength)).end_object();
}

void write_causes(JsonWriter& json, const ReportData& data) {
  json.key("causes").begin_array();
  for (const ReportedCause& cause : data.causes) {
    json.begin_object().member("outcome", cause.outcome).member("title", cause.title);
    json.member("place", cause.place).member("is_failure", cause.is_failure).key("samples").begin_array();
    for (const CauseSample& sample : cause.samples) {
      json.begin_object().member("test", sample.test).member("traceback", sample.traceback);
      json.member("output", sample.output).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
}

// Numbers of which many neighbours are alike: each with how often it stands in a row, or, where `step` is 1,
// how many follow it that are each one more.
class RepeatedNumbers {
 public:
  explicit RepeatedNumbers(int64_t step) : step_(step) {}
  void add(int64_t number) {
    if (count_ > 0 && number == first_ + step_ * count_) {
      ++count_;
      return;
    }
    flush();
    first_ = number;
    count_ = 1;
  }
  std::string take() {
    flush();
    return column_.take();
  }

 private:
  void flush() {
    if (count_ == 0) return;
    column_.add(first_);
    column_.add(count_);
  }

  NumberColumn column_;
  int64_t step_;
  int64_t first_ = 0;
  int64_t count_ = 0;
};

// For each run its results as three columns: which test, how it came out, and its latency.
void write_past(JsonWriter& json, const ReportData& data) {
  constexpr int kDigits = 3;
  json.key("past").begin_array();
  for (size_t at = 0; at < data.past.size();) {
    const int run = data.past[at].run;
    RepeatedNumbers tests(1), outcomes(0);
    NumberColumn latencies;
    for (; at < data.past.size() && data.past[at].run == run; ++at) {
      const PastResult& each = data.past[at];
      tests.add(each.test);
      outcomes.add(each.outcome);
      latencies.add(each.p50_s ? std::optional(*each.p50_s * 1e3) : std::nullopt, kDigits);
    }
    json.begin_object().member("run", run).key("test").raw(tests.take());
    json.key("outcome").raw(outcomes.take());
    if (latencies.any()) json.key("p50_ms").raw(latencies.take());
    json.end_object();
  }
  json.end_array();
}

std::string without_markup(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<' || c == '>' || c == '&') {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string report_payload(const ReportData& data, std::string_view store_name) {
  JsonWriter json;
  json.begin_object().member("format", 1).member("store", store_name);
  write_runs(json, data);
  json.member("first_past_run", data.first_past_run);
  write_texts(json, "outcomes", data.outcomes.texts());
  write_texts(json, "models", data.models.texts());
  write_texts(json, "hardware_types", data.hardware_types.texts());
  write_texts(json, "templates", data.templates.texts());
  write_texts(json, "axes", data.axes.texts());
  write_texts(json, "messages", data.messages.texts());
  json.key("batch_sizes").begin_array();
  for (const int64_t size : data.batch_sizes) json.value(size);
  json.end_array();
  write_tests(json, data);
  write_causes(json, data);
  write_past(json, data);
  return without_markup(json.end_object().take());
}

}  // namespace testloom
