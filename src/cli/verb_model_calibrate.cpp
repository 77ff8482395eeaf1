// `testloom model calibrate`: what tests that ran taught about estimates.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/estimate_shown.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "plan/estimates/observations.h"

namespace testloom::cli {

namespace {

struct Figure {
  const char* name;
  const CorrectionTable* table;
};

std::vector<Figure> figures_of(const Calibration& calibration) {
  return {{"memory", &calibration.memory},
          {"host_memory", &calibration.host_memory},
          {"time", &calibration.time}};
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

void show(const Calibrated& found) {
  Table table({{"FIGURE"},
               {"HARDWARE"},
               {"MODEL TYPE"},
               {"TESTS", Table::Align::right},
               {"OFF BEFORE", Table::Align::right},
               {"AFTER", Table::Align::right},
               {"CORRECTION"},
               {"NINE OF TEN"}});
  for (const Figure& figure : figures_of(found.calibration)) {
    for (const auto& [key, correction] : *figure.table) {
      table.add({figure.name, key.hardware_type, key.model_type.empty() ? "(any other)" : key.model_type,
                 std::to_string(correction.points), percent(correction.median_error_before),
                 percent(correction.median_error_after), shown_correction(correction),
                 fmt::format("x {:.2f} to {:.2f}", correction.low, correction.high)});
    }
  }
}

void print_json(const Calibrated& found) {
  for (const Figure& figure : figures_of(found.calibration)) {
    for (const auto& [key, correction] : *figure.table) {
      JsonWriter json;
      json.begin_object().member("figure", figure.name).member("hardware_type", key.hardware_type);
      json.member("model_type", key.model_type.empty() ? std::nullopt : std::optional(key.model_type));
      json.member("tests", static_cast<int64_t>(correction.points));
      json.member("median_error_before", correction.median_error_before);
      json.member("median_error_after", correction.median_error_after);
      json.member("offset", correction.offset).member("scale", correction.scale);
      print_line(json.member("low", correction.low).member("high", correction.high).end_object().text());
    }
  }
}

int run_calibrate(const Context& context) {
  const auto store = context.open(OpenMode::write);
  Connection& connection = store->connection();
  Transaction transaction(connection);
  const Calibrated found = calibrate(connection);
  write_calibration(connection, found.calibration, found.cells, calibration_state_of_outcomes(connection));
  transaction.commit();
  if (context.json) {
    print_json(found);
    return 0;
  }
  size_t corrections = 0;
  for (const Figure& figure : figures_of(found.calibration)) corrections += figure.table->size();
  if (corrections == 0) {
    print_line("no test of a model whose estimate could be corrected ran yet: `testloom run` runs tests");
    return 0;
  }
  show(found);
  return 0;
}

}  // namespace

void setup_model_calibrate(CLI::App& parent, Context& context) {
  CLI::App* verb =
      add_verb(parent, "calibrate",
               "correct estimates by tests that ran, and show how far off they were before and after",
               "  testloom model calibrate\n"
               "  testloom model calibrate --json");
  verb->callback([&context] { context.action = [&context] { return run_calibrate(context); }; });
}

}  // namespace testloom::cli
