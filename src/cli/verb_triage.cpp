// `testloom triage`: proposes expectations rows for the failures of a run, on standard output or into a file.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/csv.h"
#include "base/files.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "cli/left_journals.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "engine/expectations.h"
#include "engine/triage.h"
#include "report/run_outcomes.h"
#include "report/runs.h"

namespace testloom::cli {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMaxFileBytes = 64 << 20;

struct TriageOptions {
  std::string from = "latest";
  std::optional<std::string> append;
};

// The outcomes that count, without their output.
std::vector<Outcome> outcomes_of(Connection& connection, const StoredRun& run) {
  std::vector<Outcome> outcomes;
  for_each_attempts(connection, run.run_id, [&](const Attempts& attempts) {
    const ReportedOutcome& last = attempts.back();
    Outcome& outcome = outcomes.emplace_back();
    outcome.case_name = last.case_name;
    outcome.model_name = last.model_name;
    outcome.hardware_type = last.hardware_type;
    outcome.template_name = last.template_name;
    outcome.batch_size = last.batch_size;
    outcome.axes_json = last.axes_json;
    outcome.outcome = last.outcome;
    outcome.observed = last.observed;
    outcome.reason = last.reason;
    outcome.error_type = last.error_type;
    outcome.error_message = last.error_message;
  });
  return outcomes;
}

// A file that rows are added to.
struct KnownFile {
  std::string text;
  std::vector<std::string> columns = proposed_columns();
};

// What the file has; failures that it knows of already become known.
KnownFile read_known(const fs::path& file, std::vector<Outcome>& outcomes) {
  KnownFile known;
  std::error_code error;
  if (fs::exists(file, error)) known.text = read_file(file, kMaxFileBytes, ErrorKind::spec);
  if (trimmed(known.text).empty()) {
    known.text = join(known.columns, ",") + "\n";
    return known;
  }
  const Expectations expectations = read_expectations({file});
  const std::chrono::year_month_day today(
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
  for (Outcome& outcome : outcomes) {
    if (is_failure(outcome.outcome)) expectations.judge(outcome, today);
  }
  known.columns.clear();
  const size_t mark = known.text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  const CsvTable table = parse_csv(std::string_view(known.text).substr(mark));
  for (const CsvField& name : table.rows.front()) known.columns.push_back(name.text);
  if (!known.text.ends_with('\n')) known.text += '\n';
  return known;
}

void print_json(const std::vector<ProposedRow>& rows) {
  for (const ProposedRow& row : rows) {
    JsonWriter json;
    json.begin_object().member("case", row.case_name).member("model_name", row.model_name);
    json.member("hardware_type", row.hardware_type).member("template_name", row.template_name);
    json.member("outcome", row.outcome).member("error", row.error).member("reason", row.reason);
    json.key("cases").begin_array();
    for (const std::string& name : row.cases) json.value(name);
    print_line(json.end_array().end_object().text());
  }
}

size_t count_passes(const std::vector<Outcome>& outcomes) {
  return static_cast<size_t>(std::count_if(outcomes.begin(), outcomes.end(), [](const Outcome& each) {
    return is_failure(each.outcome) && each.observed == outcome::passed;
  }));
}

int run_triage(const Context& context, const TriageOptions& options) {
  const auto store = context.open(OpenMode::read);
  note_left_journals(*store);
  const StoredRun run = find_run(store->connection(), options.from);
  std::vector<Outcome> outcomes = outcomes_of(store->connection(), run);
  if (const size_t passes = count_passes(outcomes))
    print_notes({fmt::format("{} although a row expects a failure: take that row out, as the reason says",
                             passes == 1 ? "1 test passed" : fmt::format("{} tests passed", passes))});
  KnownFile known;
  if (options.append) known = read_known(*options.append, outcomes);
  const std::vector<ProposedRow> rows = propose_rows(outcomes);
  const std::string csv = csv_of(rows, known.columns);
  if (options.append && !rows.empty()) write_file(*options.append, known.text + csv, ErrorKind::usage);
  if (context.json) {
    print_json(rows);
  } else if (options.append) {
    print_line(fmt::format("{} added to {}: look at the reasons", counted(rows.size(), "row"),
                           quote(*options.append)));
  } else if (rows.empty()) {
    print_notes({fmt::format("nothing failed in the run {}", run.run_id)});
  } else {
    print(join(known.columns, ",") + "\n" + csv);
  }
  return 0;
}

}  // namespace

void setup_triage(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "triage", "propose expectations rows for the failures of a run",
                            "  testloom triage\n"
                            "  testloom triage --from 20260131-2359 --append known.csv");
  auto options = std::make_shared<TriageOptions>();
  verb->add_option("--from", options->from, "a run's id or its beginning, latest, previous, or a baseline")
      ->capture_default_str();
  verb->add_option("--append", options->append, "add the rows to this file, but those that it has already");
  verb->callback([&context, options] {
    context.action = [&context, options] { return run_triage(context, *options); };
  });
}

}  // namespace testloom::cli
