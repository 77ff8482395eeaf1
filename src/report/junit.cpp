#include "report/junit.h"

#include <fmt/format.h>

#include "base/outcome_words.h"
#include "base/text.h"
#include "report/run_outcomes.h"

namespace testloom {

namespace {

// Text as XML 1.0 can hold it: what it cannot is shown escaped, as \x1b.
std::string xml_text(std::string_view text, bool in_attribute) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"' && in_attribute)
      out += "&quot;";
    else if (c == '\n' && in_attribute)
      out += "&#10;";
    else if (c == '\t' && in_attribute)
      out += "&#9;";
    else
      out += c;
  }
  return out;
}

std::string attribute(std::string_view name, std::string_view text) {
  return fmt::format(" {}=\"{}\"", name, xml_text(text, true));
}

std::string element(std::string_view name, std::string_view text) {
  return fmt::format("<{0}>{1}</{0}>\n", name, xml_text(text, false));
}

struct Totals {
  int64_t tests = 0, failures = 0, errors = 0, skipped = 0;
  double seconds = 0;

  void add(std::string_view word, double duration, int64_t count = 1) {
    tests += count;
    seconds += duration;
    if (word == outcome::failed)
      failures += count;
    else if (is_failure(word))
      errors += count;
    else if (word != outcome::passed)
      skipped += count;
  }
};

std::string type_of(const ReportedOutcome& each) {
  return each.error_type.empty() ? each.outcome : each.error_type;
}

std::string details_of(const ReportedOutcome& each) {
  return each.traceback.empty() ? shown_cause(each) : each.traceback;
}

// An attempt before the one that counts.
std::string earlier(const ReportedOutcome& each, std::string_view prefix, bool failure) {
  const std::string name = fmt::format("{}{}", prefix, failure ? "Failure" : "Error");
  std::string out = fmt::format("      <{}{}{}>\n", name, attribute("message", shown_cause(each)),
                                attribute("type", type_of(each)));
  out += "        " + element("stackTrace", details_of(each));
  if (!each.output_tail.empty()) out += "        " + element("system-out", each.output_tail);
  return out + fmt::format("      </{}>\n", name);
}

std::string ending(std::string_view name, const ReportedOutcome& each) {
  return fmt::format("      <{0}{1}{2}>{3}</{0}>\n", name, attribute("message", shown_cause(each)),
                     attribute("type", type_of(each)), xml_text(details_of(each), false));
}

std::string skipped(const ReportedOutcome& each) {
  const std::string cause = shown_cause(each);
  const std::string message = each.outcome + (cause.empty() ? "" : ": " + cause);
  return fmt::format("      <skipped{}/>\n", attribute("message", message));
}

// Surefire's schema wants the parts in this order.
std::string parts_of(const Attempts& attempts) {
  const ReportedOutcome& last = attempts.back();
  const bool failed = last.outcome == outcome::failed, fails = is_failure(last.outcome);
  const bool passed = last.outcome == outcome::passed;
  const auto add_earlier = [&](std::string& out, bool failures) {
    for (size_t i = 0; i + 1 < attempts.size(); ++i) {
      const ReportedOutcome& each = attempts[i];
      const bool failure = each.outcome == outcome::failed;
      if (failure == failures && is_failure(each.outcome))
        out += earlier(each, passed ? "flaky" : "rerun", failure);
    }
  };
  std::string out;
  if (failed) out += ending("failure", last);
  add_earlier(out, true);
  if (!fails && !passed) out += skipped(last);
  if (fails && !failed) out += ending("error", last);
  add_earlier(out, false);
  if (!last.output_tail.empty()) out += "      " + element("system-out", last.output_tail);
  return out;
}

std::string name_in_suite(const ReportedOutcome& each) {
  const std::string head = fmt::format("{}/{}/", each.model_name, each.hardware_type);
  std::string name = each.case_name.starts_with(head) ? each.case_name.substr(head.size()) : each.case_name;
  if (each.repetition > 1) name += fmt::format(" (repetition {})", each.repetition);
  return name;
}

class SuiteWriter {
 public:
  SuiteWriter(const StoredRun& run, StreamedFile& out) : run_(run), out_(out) {}

  void add(const Attempts& attempts) {
    const ReportedOutcome& last = attempts.back();
    if (last.model_name != model_ || last.hardware_type != hardware_) finish();
    model_ = last.model_name;
    hardware_ = last.hardware_type;
    double seconds = 0;
    for (const ReportedOutcome& each : attempts) seconds += each.duration_s.value_or(0);
    totals_.add(last.outcome, seconds);
    // Jenkins takes what is before the last dot for the package: tests are grouped by model.
    cases_ += fmt::format("    <testcase{}{} time=\"{:.3f}\"", attribute("name", name_in_suite(last)),
                          attribute("classname", fmt::format("{}.{}", model_, hardware_)), seconds);
    const std::string parts = parts_of(attempts);
    cases_ += parts.empty() ? "/>\n" : ">\n" + parts + "    </testcase>\n";
  }

  void finish() {
    if (totals_.tests == 0) return;
    out_.write(fmt::format(
        "  <testsuite{} time=\"{:.3f}\" tests=\"{}\" errors=\"{}\" skipped=\"{}\" failures=\"{}\">\n",
        attribute("name", fmt::format("{}/{}", model_, hardware_)), totals_.seconds, totals_.tests,
        totals_.errors, totals_.skipped, totals_.failures));
    out_.write("    <properties>\n");
    for (const auto& [name, text] : {std::pair{"run_id", &run_.run_id},
                                     {"plan_name", &run_.plan_name},
                                     {"started_at", &run_.started_at},
                                     {"host", &run_.host},
                                     {"python", &run_.python}})
      out_.write(fmt::format("      <property{}{}/>\n", attribute("name", name), attribute("value", *text)));
    out_.write("    </properties>\n" + cases_ + "  </testsuite>\n");
    totals_ = Totals();
    cases_.clear();
  }

 private:
  const StoredRun& run_;
  StreamedFile& out_;
  std::string model_, hardware_;
  std::string cases_;
  Totals totals_;
};

}  // namespace

void write_junit(Connection& connection, const StoredRun& run, StreamedFile& out) {
  Totals totals;
  for (const OutcomeTotal& each : outcome_totals(connection, run.run_id))
    totals.add(each.outcome, each.duration_s, each.tests);
  out.write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  out.write(fmt::format("<testsuites{} time=\"{:.3f}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
                        attribute("name", "testloom " + run.run_id), totals.seconds, totals.tests,
                        totals.failures, totals.errors));
  SuiteWriter suites(run, out);
  for_each_attempts(connection, run.run_id, [&](const Attempts& attempts) { suites.add(attempts); });
  suites.finish();
  out.write("</testsuites>\n");
}

}  // namespace testloom
