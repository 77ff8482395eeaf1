#include "cli/plan_shown.h"

#include <cmath>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/screen.h"

namespace testloom::cli {

namespace {

void show_counts(const PlanSummary& summary) {
  Table table({{"FAMILY"}, {"HARDWARE"}, {"TESTS", Table::Align::right}, {"MEMORY", Table::Align::right}});
  for (const PlanCount& count : summary.counts) {
    table.add({count.model_family, count.hardware_type, std::to_string(count.tests),
               show_bytes(count.largest_memory_gb * 1e9)});
  }
}

}  // namespace

void show_diff(const PlanDiff& diff) {
  if (!diff.previous_plan_id) return;
  print_line(fmt::format(
      "against plan {}: {} added, {} removed, {} changed{}", *diff.previous_plan_id, diff.added, diff.removed,
      diff.changed,
      diff.refreshed ? fmt::format(", {} with another location, priority or estimate", diff.refreshed) : ""));
}

void show_summary(const PlanSummary& summary) {
  if (summary.tests > 0) show_counts(summary);
  print_line(fmt::format("{}, longest chain {}, largest estimate {}",
                         counted(static_cast<uint64_t>(summary.tests), "test"), summary.longest_chain,
                         show_bytes(summary.largest_memory_gb * 1e9)));
  if (summary.time) {
    print_line(fmt::format(
        "predicted time {} one after another, by earlier runs of the templates of {:.0f} % of the tests",
        show_seconds(summary.time->seconds), std::floor(summary.time->told_share * 100)));
  }
  if (summary.sampled_from > 0)
    print_line(
        summary.sampled_from < most_sampled_from
            ? fmt::format("sampled from {}", counted(static_cast<uint64_t>(summary.sampled_from), "test"))
            : std::string("sampled from more than 9e18 tests"));
  for (const Skipped& skip : summary.skipped) {
    const std::string cells = counted(static_cast<uint64_t>(skip.cells), "cell");
    const std::string others = skip.models > 1 ? fmt::format(" and {} more", skip.models - 1) : "";
    print_line(
        fmt::format("skipped {}: {} ({}{})", cells, printable(skip.reason), one_line(skip.example), others));
  }
  show_diff(summary.diff);
  if (summary.unknown_models.empty()) return;
  print_line(
      "models of unknown family; map each with `testloom model add NAME --family FAMILY`, or a list of them "
      "with "
      "`testloom model import FILE`:");
  for (const std::string& name : summary.unknown_models) print_line("  " + one_line(name, 400));
}

void print_json(const PlanSummary& summary, bool kept) {
  JsonWriter json;
  json.begin_object()
      .member("plan_id", summary.plan_id)
      .member("stored", kept)
      .member("tests", summary.tests);
  json.member("sampled_from", summary.sampled_from);
  json.member("longest_chain", summary.longest_chain).member("largest_memory_gb", summary.largest_memory_gb);
  summary.time ? json.member("predicted_seconds", summary.time->seconds)
               : json.key("predicted_seconds").null();
  json.key("counts").begin_array();
  for (const PlanCount& count : summary.counts) {
    json.begin_object()
        .member("model_family", count.model_family)
        .member("hardware_type", count.hardware_type);
    json.member("tests", count.tests).member("largest_memory_gb", count.largest_memory_gb).end_object();
  }
  json.end_array().key("skipped").begin_array();
  for (const Skipped& skip : summary.skipped) {
    json.begin_object()
        .member("reason", skip.reason)
        .member("cells", skip.cells)
        .member("models", skip.models);
    json.member("example", skip.example).end_object();
  }
  json.end_array().key("diff").begin_object().member("previous_plan_id", summary.diff.previous_plan_id);
  json.member("added", summary.diff.added).member("removed", summary.diff.removed);
  json.member("changed", summary.diff.changed).member("refreshed", summary.diff.refreshed).end_object();
  json.key("unknown_models").begin_array();
  for (const std::string& name : summary.unknown_models) json.value(name);
  print_line(json.end_array().end_object().text());
}

}  // namespace testloom::cli
