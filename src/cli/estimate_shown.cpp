#include "cli/estimate_shown.h"

#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/screen.h"
#include "model/estimate/request.h"

namespace testloom::cli {

namespace {

std::string bytes(int64_t count) { return show_bytes(static_cast<double>(count)); }

// "process 260 MB, weights 440 MB"
std::string shown_terms(const std::vector<MemoryTerm>& terms) {
  std::string shown;
  for (const MemoryTerm& term : terms) {
    if (term.bytes != 0)
      shown += fmt::format("{}{} {}", shown.empty() ? "" : ", ", term.name, bytes(term.bytes));
  }
  return shown;
}

// How the estimate came to be; nothing for a prior.
void show_terms(const Estimate& estimate) {
  const bool on_device = estimate.peak_device_bytes > 0;
  const std::string name =
      estimate.architecture.empty() ? "a class that is not known" : one_line(estimate.architecture);
  print_line(fmt::format("            {}, read as {}, {} parameters{}", name, estimate.model_type,
                         estimate.parameters, estimate.parameters_exact ? "" : " (about)"));
  print_line(fmt::format("            in use at most {}: {}",
                         bytes(on_device ? estimate.peak_device_bytes : estimate.peak_forward_bytes),
                         shown_terms(estimate.terms)));
  if (on_device)
    print_line(fmt::format("            on the host {}", bytes(estimate.peak_process_bytes)));
  else if (estimate.peak_process_bytes > estimate.peak_forward_bytes)
    print_line(fmt::format("            while loading {}", bytes(estimate.peak_process_bytes)));
}

void show_correction(const Prediction& prediction) {
  const Correction& correction = prediction.correction;
  if (correction.points == 0) return;
  const Estimate& estimate = prediction.raw;
  const int64_t raw =
      estimate.peak_device_bytes > 0 ? estimate.peak_device_bytes : estimate.peak_process_bytes;
  const double expected = corrected(correction, static_cast<double>(raw));
  print_line(fmt::format("            corrected by {} tests that ran: {} = {}, nine of ten from {} to {}",
                         correction.points, shown_correction(correction), show_bytes(expected),
                         show_bytes(expected * correction.low), show_bytes(expected * correction.high)));
}

}  // namespace

std::string shown_correction(const Correction& correction) {
  if (correction.offset == 0) return fmt::format("x {:.3g}", correction.scale);
  return fmt::format("x {:.3g} {} {}", correction.scale, correction.offset < 0 ? '-' : '+',
                     show_bytes(std::abs(correction.offset)));
}

void show_estimate(const PlannedTest& test, const TestEstimate& of) {
  const Prediction& prediction = of.prediction;
  const Estimate& estimate = prediction.raw;
  const double planned = test.estimated_memory_gb * 1e9;
  if (!of.prior_terms.empty() && prediction.origin == "prior") {
    print_line(fmt::format(
        "  memory    {}{}", of.prior_terms,
        prediction.raw.why.empty() ? "" : ", since nothing better is known: " + prediction.raw.why));
  } else {
    print_line(fmt::format(
        "  memory    {}, {}", show_bytes(planned),
        test.estimate_origin == "measured"
            ? "as it was measured"
            : "by its " + test.estimate_origin + (estimate.origin == "name" ? ": " + estimate.why : "")));
  }
  if (estimate.origin != "prior") {
    show_terms(estimate);
    show_correction(prediction);
  }
  if (std::abs(static_cast<double>(prediction.memory_bytes) - planned) > 0.01 * planned)
    print_line(fmt::format("            by what is known now {}, {}: plan again to take it",
                           bytes(prediction.memory_bytes), prediction.origin));
  if (prediction.time_s > 0)
    print_line(fmt::format("  time      {} a pass, {:.3g} GFLOP", show_seconds(prediction.time_s),
                           estimate.flops / 1e9));
}

void write_correction(JsonWriter& json, const Correction& correction) {
  if (correction.points == 0) {
    json.null();
    return;
  }
  json.begin_object().member("points", static_cast<int64_t>(correction.points));
  json.member("offset", correction.offset).member("scale", correction.scale);
  json.member("low", correction.low).member("high", correction.high).end_object();
}

void write_test_estimate(JsonWriter& json, const TestEstimate& of) {
  const Prediction& prediction = of.prediction;
  const std::string why_prior = prediction.raw.origin == "prior" ? prediction.raw.why : "";
  json.member("memory_bytes", prediction.memory_bytes);
  json.member("host_memory_bytes", prediction.host_memory_bytes);
  json.member("time_s", prediction.time_s > 0 ? std::optional(prediction.time_s) : std::nullopt);
  json.member("memory_origin", prediction.origin);
  json.member("why_prior", why_prior.empty() ? std::nullopt : std::optional(why_prior));
  json.key("correction");
  write_correction(json, prediction.correction);
  json.key("work").raw(of.work.empty() ? "null" : of.work);
  write_estimate(json, prediction.raw);
}

}  // namespace testloom::cli
