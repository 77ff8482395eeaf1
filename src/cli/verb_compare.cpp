// `testloom compare`: what changed from one run to another; exit code 1 where something got worse.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/left_journals.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "report/comparison.h"
#include "report/rank_test.h"

namespace testloom::cli {

namespace {

constexpr size_t kMostUnsureShown = 20;
constexpr std::array<std::string_view, 4> kFigures = {"latency", "throughput", "memory", "device_memory"};

struct CompareVerbOptions {
  std::string before, after;
  std::optional<std::string> baseline;
  std::vector<std::string> thresholds;
  double significance = 0.05;
  bool unadjusted = false;
  bool threshold_alone = false;
  bool all = false;
};

// "5%" or "0.05".
std::optional<double> share_of(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  double share = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(share) || share < 0)
    return std::nullopt;
  return percent ? share / 100 : share;
}

// "5%", "latency=5%", "latency=5%,metrics.accuracy=1%".
void take_thresholds(const std::string& text, CompareOptions& options) {
  for (const std::string& part : split(text, ',')) {
    const size_t equals = part.find('=');
    const std::string figure = equals == part.npos ? "" : std::string(trimmed(part.substr(0, equals)));
    const std::string_view value =
        trimmed(equals == part.npos ? part : std::string_view(part).substr(equals + 1));
    const std::optional<double> share = share_of(value);
    if (!share)
      throw Error(ErrorKind::usage, fmt::format("--threshold: {} is no share", quote(value)),
                  "such as 5%, latency=10% or metrics.accuracy=0.5%");
    const bool known = std::find(kFigures.begin(), kFigures.end(), figure) != kFigures.end();
    if (equals == part.npos) {
      options.threshold = *share;
    } else if (known || (figure.starts_with("metrics.") && figure.size() > 8)) {
      options.thresholds[figure] = *share;
    } else {
      const std::string guess = nearest(figure, kFigures);
      throw Error(ErrorKind::usage, fmt::format("--threshold: there is no figure {}", quote(figure)),
                  guess.empty() ? fmt::format("it is one of {}, or metrics.NAME", join(kFigures, ", "))
                                : fmt::format("did you mean '{}'?", guess));
    }
  }
}

CompareOptions options_of(const CompareVerbOptions& given) {
  CompareOptions options;
  for (const std::string& text : given.thresholds) take_thresholds(text, options);
  options.significance = given.significance;
  options.adjust = !given.unadjusted;
  options.threshold_alone = given.threshold_alone;
  return options;
}

void show_outcomes(const Comparison& comparison) {
  if (comparison.outcomes.empty()) return;
  Table table({{"OUTCOME"}, {"CASE"}, {"BEFORE"}, {"AFTER"}, {"WHY"}});
  for (const OutcomeChange& change : comparison.outcomes) {
    const Colour colour = change.kind == OutcomeChangeKind::newly_failing ? Colour::red
                          : change.kind == OutcomeChangeKind::fixed       ? Colour::green
                                                                          : Colour::none;
    table.add({std::string(name_of(change.kind)), change.case_name, change.before.value_or(""),
               change.after.value_or(""), change.cause + (change.is_redefined ? " (the test changed)" : "")},
              colour);
  }
}

void show_figures(const Comparison& comparison, bool all) {
  if (comparison.figures.empty()) return;
  size_t unsure = 0;
  {
    using enum Table::Align;
    Table table(
        {{"FIGURE"}, {"OF"}, {"CASE"}, {"BEFORE", right}, {"AFTER", right}, {"CHANGE", right}, {"P", right}});
    for (const FigureChange& change : comparison.figures) {
      if (change.verdict == Verdict::unsure && ++unsure > kMostUnsureShown && !all) continue;
      const Colour colour = change.verdict == Verdict::regression    ? Colour::red
                            : change.verdict == Verdict::improvement ? Colour::green
                                                                     : Colour::yellow;
      table.add({std::string(name_of(change.verdict)), change.figure, change.case_name,
                 show_figure(change, change.before), show_figure(change, change.after),
                 show_change(change.change), fmt::format("{:.2g}", change.adjusted_p)},
                colour);
    }
  }
  if (unsure > kMostUnsureShown && !all)
    print_line(fmt::format("... and {} more unsure; --all shows them", unsure - kMostUnsureShown));
}

std::string summary_of(const Comparison& comparison) {
  std::vector<std::string> parts;
  for (const auto kind : {OutcomeChangeKind::newly_failing, OutcomeChangeKind::fixed,
                          OutcomeChangeKind::other, OutcomeChangeKind::added, OutcomeChangeKind::gone}) {
    if (const size_t count = comparison.count(kind))
      parts.push_back(fmt::format("{} {}", count, name_of(kind)));
  }
  if (const size_t count = comparison.count(Verdict::regression))
    parts.push_back(counted(count, "regression"));
  if (const size_t count = comparison.count(Verdict::improvement))
    parts.push_back(counted(count, "improvement"));
  if (const size_t count = comparison.count(Verdict::unsure))
    parts.push_back(fmt::format("{} unsure", count));
  return fmt::format("{}; {} and {} compared", parts.empty() ? "nothing changed" : join(parts, ", "),
                     counted(comparison.cases, "test"), counted(comparison.compared, "figure"));
}

void show_run(std::string_view word, const StoredRun& run) {
  const std::string plan =
      run.plan_name.empty() ? "" : fmt::format(", plan {} ({})", run.plan_id, quote(run.plan_name));
  print_line(fmt::format("{:<6}  {}{}", word, run.run_id, plan));
}

// What one has to know beside the tables.
std::vector<std::string> notes_of(const Comparison& comparison, const CompareOptions& options) {
  std::vector<std::string> notes;
  for (const StoredRun* run : {&comparison.before, &comparison.after}) {
    if (!run->ended_at)
      notes.push_back(fmt::format("the run {} has not come to its end: what it did not get to counts as gone",
                                  run->run_id));
  }
  for (const std::string& difference : comparison.differences)
    notes.push_back("the runs differ in their " + difference);
  if (comparison.count(Verdict::unsure) == 0 || options.threshold_alone) return notes;
  const size_t wanted = repetitions_needed(options.significance, options.adjust ? comparison.compared : 1);
  if (comparison.most_repetitions < wanted)
    notes.push_back(
        fmt::format("with {} of each test a single change among {} may be chance; {} of each (run --repeat "
                    "{}) would tell, "
                    "and --threshold-alone does without",
                    counted(comparison.most_repetitions, "repetition"),
                    counted(comparison.compared, "figure"), wanted, wanted));
  return notes;
}

void write_run(JsonWriter& json, std::string_view name, const StoredRun& run) {
  json.key(name).begin_object().member("run_id", run.run_id).member("plan_id", run.plan_id);
  json.member("started_at", run.started_at).member("ended_at", run.ended_at).end_object();
}

void print_json(const Comparison& comparison) {
  JsonWriter json;
  json.begin_object();
  write_run(json, "before", comparison.before);
  write_run(json, "after", comparison.after);
  json.member("cases", static_cast<uint64_t>(comparison.cases));
  json.member("compared", static_cast<uint64_t>(comparison.compared)).key("outcomes").begin_array();
  for (const OutcomeChange& change : comparison.outcomes) {
    json.begin_object().member("change", name_of(change.kind)).member("case", change.case_name);
    json.member("before", change.before).member("after", change.after).member("cause", change.cause);
    json.member("is_redefined", change.is_redefined).end_object();
  }
  json.end_array().key("figures").begin_array();
  for (const FigureChange& change : comparison.figures) {
    json.begin_object().member("verdict", name_of(change.verdict)).member("figure", change.figure);
    json.member("case", change.case_name).member("unit", change.unit);
    json.member("better", change.higher_is_better ? "higher" : "lower");
    json.member("before", change.before).member("after", change.after).member("change", change.change);
    json.member("repetitions_before", static_cast<uint64_t>(change.repetitions_before));
    json.member("repetitions_after", static_cast<uint64_t>(change.repetitions_after));
    json.member("p", change.p).member("least_p", change.least_p).member("adjusted_p", change.adjusted_p);
    json.end_object();
  }
  json.end_array().member("has_regressions", comparison.has_regressions()).end_object();
  print_line(json.text());
}

int run_compare(const Context& context, const CompareVerbOptions& given) {
  const CompareOptions options = options_of(given);
  if (given.baseline && !given.after.empty())
    throw Error(ErrorKind::usage, "--baseline takes the place of the first run",
                "name one run, or none for the latest");
  const auto store = context.open(OpenMode::read);
  note_left_journals(*store);
  Connection& connection = store->connection();
  const std::string after = given.baseline ? given.before : given.after;
  const StoredRun first = given.baseline
                              ? find_run(connection, find_baseline(connection, *given.baseline).name)
                              : find_run(connection, given.before.empty() ? "previous" : given.before);
  const StoredRun second = find_run(connection, after.empty() ? "latest" : after);
  const Comparison comparison = compare_runs(connection, first, second, options);
  print_notes(notes_of(comparison, options));
  if (context.json) {
    print_json(comparison);
  } else {
    show_run("before", first);
    show_run("after", second);
    show_outcomes(comparison);
    show_figures(comparison, given.all);
    print_line(summary_of(comparison));
  }
  return comparison.has_regressions() ? 1 : 0;
}

}  // namespace

void setup_compare(CLI::App& app, Context& context) {
  CLI::App* verb =
      add_verb(app, "compare", "say what changed from one run to another; exit code 1 if for the worse",
               "  testloom compare\n"
               "  testloom compare 20260131 latest --threshold latency=10%\n"
               "  testloom compare --baseline release");
  auto options = std::make_shared<CompareVerbOptions>();
  verb->add_option("RUN_A", options->before,
                   "an id or its beginning, latest, previous, or a baseline (default: previous)");
  verb->add_option("RUN_B", options->after,
                   "the same for the run that it is compared with (default: latest)");
  verb->add_option("--baseline", options->baseline, "compare with the run kept under this name");
  add_repeatable(*verb, "--threshold", options->thresholds,
                 "what change counts: 5%, or latency=, throughput=, memory=, device_memory=, metrics.NAME=5% "
                 "(default: 5%)");
  verb->add_option("--significance", options->significance, "the largest p that is taken for no chance")
      ->check(CLI::Validator(
          [](std::string& text) {
            const std::optional<double> share = share_of(text);
            return share && *share > 0 && *share < 1 ? std::string()
                                                     : fmt::format("{} is not between 0 and 1", quote(text));
          },
          "P"))
      ->capture_default_str();
  verb->add_flag("--unadjusted", options->unadjusted, "take each p as it is, however many are compared");
  verb->add_flag("--threshold-alone", options->threshold_alone,
                 "what is past the threshold needs no rank test");
  verb->add_flag("--all", options->all, "show every change that may be chance");
  verb->callback([&context, options] {
    context.action = [&context, options] { return run_compare(context, *options); };
  });
}

}  // namespace testloom::cli
