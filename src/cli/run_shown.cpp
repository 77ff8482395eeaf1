#include "cli/run_shown.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "cli/screen.h"

namespace testloom::cli {

namespace {

constexpr double kShowEverySeconds = 0.1;

// "p50 5.2 ms, 190/s" from a result that has them.
std::string figures_of(const std::string& result_json) {
  boost::system::error_code error;
  const boost::json::value result = boost::json::parse(result_json, error);
  if (error || !result.is_object()) return "";
  std::string figures;
  const auto* latency = result.get_object().if_contains("latency_s");
  if (latency && latency->is_object()) {
    const auto* p50 = latency->get_object().if_contains("p50");
    if (p50 && p50->is_number()) figures += "p50 " + show_seconds(p50->to_number<double>());
  }
  const auto* throughput = result.get_object().if_contains("throughput_per_s");
  if (throughput && throughput->is_number())
    figures += fmt::format(", {:.4g}/s", throughput->to_number<double>());
  return figures;
}

// "12 passed, 1 failed", what passed first.
std::string counts_of(const std::map<std::string, int64_t>& outcomes) {
  const auto passed = outcomes.find(std::string(outcome::passed));
  std::vector<std::string> parts = {fmt::format("{} passed", passed == outcomes.end() ? 0 : passed->second)};
  for (const auto& [word, count] : outcomes) {
    if (word != outcome::passed) parts.push_back(fmt::format("{} {}", count, word));
  }
  return join(parts, ", ");
}

void print_json_line(const Outcome& outcome) {
  JsonWriter json;
  json.begin_object().member("test_id", outcome.test_id).member("model_name", outcome.model_name);
  json.member("hardware_type", outcome.hardware_type).member("batch_size", outcome.batch_size);
  json.member("template_name", outcome.template_name).key("axes").raw(outcome.axes_json);
  json.member("case", outcome.case_name).member("repetition", outcome.repetition);
  json.member("attempt", outcome.attempt).member("outcome", outcome.outcome).member("reason", outcome.reason);
  json.member("duration_s", outcome.duration_s).member("peak_memory_bytes", outcome.peak_memory_bytes);
  json.key("result").raw(outcome.result_json.empty() ? "null" : outcome.result_json).key("error");
  if (outcome.error_type.empty()) {
    json.null();
  } else {
    json.begin_object().member("type", outcome.error_type).member("message", outcome.error_message);
    json.member("traceback", outcome.traceback).end_object();
  }
  print_line(json.end_object().take());
}

// "at most 37, 38 ran out of memory"
std::string limit_of(const FoundBatch& found) {
  const std::string ran_out = fmt::format("{} ran out of memory", found.ran_out);
  if (found.stopped.empty())
    return found.passed ? fmt::format("{} is the largest batch size: {}", *found.passed, ran_out)
                        : fmt::format("no batch size fits: {}", ran_out);
  return fmt::format("the largest batch size is at least {} and less than {}: {}", found.passed.value_or(0),
                     found.ran_out, found.stopped);
}

void print_max_batches(const std::vector<FoundBatch>& all) {
  if (all.empty()) return print_line("nothing ran out of memory: the largest batch sizes are not known");
  for (const FoundBatch& found : all)
    print_line(fmt::format("{}: {}", one_line(found.chain, 200), limit_of(found)));
}

void write_max_batches(JsonWriter& json, const std::vector<FoundBatch>& all) {
  json.key("max_batch_sizes").begin_array();
  for (const FoundBatch& found : all) {
    json.begin_object().member("case", found.chain).member("model_name", found.model_name);
    json.member("hardware_type", found.hardware_type).member("template_name", found.template_name);
    json.member("passed", found.passed).member("ran_out", found.ran_out);
    json.member("stopped", found.stopped).end_object();
  }
  json.end_array();
}

void print_summary_json(const RunSummary& summary) {
  JsonWriter json;
  json.begin_object().member("run_id", summary.run_id).member("duration_s", summary.duration_s);
  json.key("outcomes").begin_object();
  for (const auto& [word, count] : summary.outcomes) json.member(word, count);
  json.end_object().member("flaky", summary.flaky).member("interrupted", summary.interrupted);
  if (summary.max_batches) write_max_batches(json, *summary.max_batches);
  print_line(json.end_object().take());
}

size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

void RunShown::show(const PlannedTest*, const Outcome* outcome, const RunProgress& progress) {
  if (outcome && form_ == RunForm::json) return print_line(to_json_line(*outcome));
  if (outcome && form_ == RunForm::json_lines) return print_json_line(*outcome);
  if (outcome) show_outcome(*outcome);
  if (form_ == RunForm::lines) show_progress(progress);
}

void RunShown::show_outcome(const Outcome& outcome) {
  clear_progress();
  std::string line = coloured(fmt::format("{:<8}", outcome.outcome), colour_of_outcome(outcome.outcome));
  line += "  " + one_line(outcome.case_name, 200);
  if (outcome.repetition > 1) line += fmt::format("  repetition {}", outcome.repetition);
  if (outcome.attempt > 1)
    line += fmt::format("  attempt {}{}", outcome.attempt, outcome.is_flaky ? ", flaky" : "");
  if (outcome.duration_s) line += "  " + show_seconds(*outcome.duration_s);
  if (outcome.peak_memory_bytes) line += "  " + show_bytes(static_cast<double>(*outcome.peak_memory_bytes));
  const std::string figures = outcome.result_json.empty() ? "" : figures_of(outcome.result_json);
  if (!figures.empty()) line += "  " + figures;
  if (!outcome.reason.empty()) line += "  (" + one_line(outcome.reason, 300) + ")";
  print_line(line);
  if (outcome.error_message.empty()) return;
  print_line(
      fmt::format("          {}: {}", one_line(outcome.error_type), one_line(outcome.error_message, 500)));
}

void RunShown::show_progress(const RunProgress& progress) {
  if (!errors_are_terminal()) return;
  const double now = monotonic_seconds();
  if (now - shown_at_ < kShowEverySeconds && is_shown_) return;
  shown_at_ = now;
  std::string line = fmt::format("[{}/{}] {} running, {}", progress.done, progress.total,
                                 progress.running.size(), counts_of(progress.outcomes));
  if (progress.left_s) line += ", about " + show_seconds(std::max(1.0, *progress.left_s)) + " left";
  if (progress.memory_bytes > 0) line += ", " + show_bytes(static_cast<double>(progress.memory_bytes));
  if (!progress.fetching.empty())
    line += fmt::format(", fetching {}", one_line(join(progress.fetching, " and "), 80));
  if (!progress.running.empty()) line += "  " + one_line(progress.running.front()->case_name, 60);
  const size_t width = terminal_width();
  if (line.size() >= width) line = line.substr(0, width - 1);
  fmt::print(stderr, "\r\x1b[K{}", line);
  std::fflush(stderr);
  is_shown_ = true;
}

void RunShown::clear_progress() {
  if (!is_shown_) return;
  fmt::print(stderr, "\r\x1b[K");
  is_shown_ = false;
}

void RunShown::finish(const RunSummary& summary) {
  clear_progress();
  print_notes(summary.notes);
  if (form_ == RunForm::json) print_summary_json(summary);
  if (form_ != RunForm::lines) return;
  print_line(fmt::format("{}{} in {}", counts_of(summary.outcomes),
                         summary.flaky > 0 ? fmt::format(" ({} flaky)", summary.flaky) : "",
                         show_seconds(summary.duration_s)));
  if (summary.max_batches) print_max_batches(*summary.max_batches);
  if (summary.interrupted || summary.failed_fast)
    print_line("`testloom run --resume` goes on with what is left");
}

void show_dry_run(const DryRun& dry, bool json) {
  print_notes(dry.notes);
  size_t skipped = 0;
  for (const DryTest& each : dry.tests) {
    if (json) {
      JsonWriter line;
      line.begin_object().member("test_id", each.test.test_id).member("case", each.test.case_name);
      line.member("priority", each.test.priority)
          .member("estimated_memory_gb", each.test.estimated_memory_gb);
      line.member("runs", each.skip_reason.empty()).member("reason", each.skip_reason);
      print_line(line.end_object().take());
      continue;
    }
    if (!each.skip_reason.empty()) ++skipped;
    print_line(each.skip_reason.empty() ? fmt::format("run      {}  {}", one_line(each.test.case_name, 200),
                                                      show_bytes(each.test.estimated_memory_gb * 1e9))
                                        : fmt::format("skip     {}  ({})", one_line(each.test.case_name, 200),
                                                      one_line(each.skip_reason, 300)));
  }
  if (json) return;
  print_line(fmt::format("{} would run on {}, {} would be skipped; nothing was started",
                         dry.tests.size() - skipped, dry.slots.empty() ? "nothing" : join(dry.slots, ", "),
                         skipped));
}

}  // namespace testloom::cli
