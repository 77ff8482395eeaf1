#include "report/markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/outcome_words.h"
#include "base/text.h"
#include "base/units.h"
#include "report/run_outcomes.h"

namespace testloom {

namespace {

constexpr size_t kMostFailures = 50;    // rows, and of changes; GitHub takes summaries of up to 1 MiB
constexpr size_t kMostTracebacks = 10;  // written out
constexpr size_t kTracebackEnd = 4000;  // bytes of one
constexpr size_t kSlowest = 10;
constexpr size_t kLongestCell = 300;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80) != 0; }

// Whether a character could be more than itself there, in HTML, Markdown or a table.
bool is_special(std::string_view text, size_t at) {
  const char c = text[at];
  if (c == '_') return at == 0 || at + 1 == text.size() || !is_word(text[at - 1]) || !is_word(text[at + 1]);
  if (c == ':') return text.substr(at).starts_with("://");
  return std::string_view("&<>\\`*[]#|~@").find(c) != std::string_view::npos;
}

// Text on one line that is nothing but text, also in a table.
std::string cell(std::string_view text) {
  const std::string line = one_line(text, kLongestCell);
  std::string out;
  for (size_t at = 0; at < line.size(); ++at)
    out += is_special(line, at) ? fmt::format("&#{};", static_cast<int>(line[at])) : std::string(1, line[at]);
  return out;
}

// A name as code, where it can stand so.
std::string name_cell(std::string_view text) {
  const std::string line = one_line(text, kLongestCell);
  const bool plain =
      !line.empty() && line.find_first_of("`|\\") == std::string::npos && trimmed(line) == line;
  return plain ? fmt::format("`{}`", line) : cell(text);
}

// A block of code with a fence that the text does not have.
std::string fenced(std::string_view text) {
  size_t longest = 2, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  return fmt::format("{}text\n{}\n{}\n", fence, text, fence);
}

// The end of a text, from a line's beginning on.
std::string end_of(std::string_view text) {
  if (text.size() <= kTracebackEnd) return printable(trimmed(text));
  text.remove_prefix(text.size() - kTracebackEnd);
  const size_t line = text.find('\n');
  return "...\n" + printable(trimmed(line == text.npos ? text : text.substr(line + 1)));
}

struct Slow {
  std::string case_name;
  double duration_s = 0;
};

// What one pass over the outcomes finds.
struct Found {
  std::vector<ReportedOutcome> failures;  // the first ones
  size_t all_failures = 0;
  size_t flaky = 0;
  std::vector<Slow> slowest;
};

Found look_through(Connection& connection, const std::string& run_id) {
  Found found;
  for_each_attempts(connection, run_id, [&](const Attempts& attempts) {
    const ReportedOutcome& last = attempts.back();
    if (last.outcome == outcome::passed && last.attempt > 1) ++found.flaky;
    if (is_failure(last.outcome) && ++found.all_failures <= kMostFailures) found.failures.push_back(last);
    if (!last.duration_s) return;
    found.slowest.push_back({last.case_name, *last.duration_s});
    std::stable_sort(found.slowest.begin(), found.slowest.end(),
                     [](const Slow& a, const Slow& b) { return a.duration_s > b.duration_s; });
    if (found.slowest.size() > kSlowest) found.slowest.pop_back();
  });
  return found;
}

void write_head(const StoredRun& run, const std::vector<OutcomeTotal>& totals, const Found& found,
                StreamedFile& out) {
  int64_t tests = 0;
  for (const OutcomeTotal& each : totals) tests += each.tests;
  const std::string all = counted(static_cast<uint64_t>(tests), "test");
  out.write(found.all_failures > 0 ? fmt::format("## {} of {} failed\n\n", found.all_failures, all)
                                   : fmt::format("## {}, none failed\n\n", all));
  const std::string plan = run.plan_name.empty() ? "" : fmt::format(" of plan {}", name_cell(run.plan_name));
  const std::string host = run.host.empty() ? "" : fmt::format(" on {}", name_cell(run.host));
  out.write(fmt::format("Run {}{}{}, started {}{}\n\n", name_cell(run.run_id), plan, host,
                        cell(run.started_at), run.ended_at ? "" : "; it has not come to its end"));
  out.write("| outcome | tests | time |\n|---|---:|---:|\n");
  for (const OutcomeTotal& each : totals)
    out.write(
        fmt::format("| {} | {} | {} |\n", cell(each.outcome), each.tests, show_seconds(each.duration_s)));
  if (found.flaky > 0)
    out.write(fmt::format("\n{} passed after another attempt.\n", counted(found.flaky, "test")));
}

void write_failures(const Found& found, StreamedFile& out) {
  if (found.failures.empty()) return;
  out.write("\n### Failures\n\n| case | outcome | cause |\n|---|---|---|\n");
  for (const ReportedOutcome& each : found.failures)
    out.write(fmt::format("| {} | {} | {} |\n", name_cell(each.case_name), cell(each.outcome),
                          cell(shown_cause(each))));
  if (found.all_failures > found.failures.size())
    out.write(fmt::format("\nand {} more.\n", found.all_failures - found.failures.size()));
  size_t shown = 0;
  for (const ReportedOutcome& each : found.failures) {
    const std::string text = end_of(each.traceback.empty() ? each.output_tail : each.traceback);
    if (text.empty() || ++shown > kMostTracebacks) continue;
    out.write(fmt::format("\n<details><summary>{}</summary>\n\n{}\n</details>\n", cell(each.case_name),
                          fenced(text)));
  }
}

void write_slowest(const Found& found, StreamedFile& out) {
  if (found.slowest.empty()) return;
  out.write("\n### Slowest\n\n| case | time |\n|---|---:|\n");
  for (const Slow& each : found.slowest)
    out.write(fmt::format("| {} | {} |\n", name_cell(each.case_name), show_seconds(each.duration_s)));
}

void write_comparison(const Comparison& comparison, StreamedFile& out) {
  out.write(fmt::format("\n### Against run {}\n", name_cell(comparison.before.run_id)));
  if (comparison.outcomes.empty() && comparison.figures.empty()) {
    out.write("\nNothing changed.\n");
    return;
  }
  const auto rows = [&](const auto& changes, const std::string& head, const auto& row) {
    if (changes.empty()) return;
    out.write("\n" + head);
    for (size_t i = 0; i < changes.size() && i < kMostFailures; ++i) out.write(row(changes[i]));
    if (changes.size() > kMostFailures)
      out.write(fmt::format("\nand {} more.\n", changes.size() - kMostFailures));
  };
  rows(comparison.outcomes, "| change | case | before | after |\n|---|---|---|---|\n",
       [](const OutcomeChange& each) {
         return fmt::format("| {} | {} | {} | {} |\n", name_of(each.kind), name_cell(each.case_name),
                            cell(each.before.value_or("")), cell(each.after.value_or("")));
       });
  rows(comparison.figures, "| change | figure | case | before | after | by |\n|---|---|---|---:|---:|---:|\n",
       [](const FigureChange& each) {
         return fmt::format("| {} | {} | {} | {} | {} | {} |\n", name_of(each.verdict), cell(each.figure),
                            name_cell(each.case_name), cell(show_figure(each, each.before)),
                            cell(show_figure(each, each.after)), show_change(each.change));
       });
}

}  // namespace

void write_markdown(Connection& connection, const StoredRun& run, const Comparison* comparison,
                    StreamedFile& out) {
  const Found found = look_through(connection, run.run_id);
  write_head(run, outcome_totals(connection, run.run_id), found, out);
  if (comparison) write_comparison(*comparison, out);
  write_failures(found, out);
  write_slowest(found, out);
}

}  // namespace testloom
