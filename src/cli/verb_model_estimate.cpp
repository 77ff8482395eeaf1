// `testloom model estimate`: what a test will need, before it runs; and the largest test that fits.
#include <filesystem>
#include <iostream>
#include <optional>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/names.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "model/estimate/estimate_by_name.h"
#include "model/estimate/request.h"
#include "model/estimate/solve.h"
#include "model/files/hub_cache.h"

namespace testloom::cli {

namespace {

struct EstimateOptions {
  std::vector<std::string> models;
  boost::json::object request;
  std::string solve;
  std::string memory;
};

constexpr size_t kMaxLine = 8 << 20;

int answer_lines() {
  size_t number = 0;
  for (std::string line; std::getline(std::cin, line);) {
    ++number;
    if (trimmed(line).empty()) continue;
    const std::string where = fmt::format("standard input, line {}", number);
    print_line(line.size() > kMaxLine ? R"({"error": "this line is longer than 8 MiB"})"
                                      : answer_line(line, where));
  }
  return 0;
}

void show_json(const std::string& model, const Workload& work, const Estimate& estimate) {
  JsonWriter json;
  json.begin_object().member("model", model).member("batch_size", work.batch_size);
  json.member("seq_len", work.seq_len)
      .member("dtype", work.dtype)
      .member("hardware_type", work.hardware_type);
  write_estimate(json, estimate);
  print_line(json.end_object().text());
}

void show(const std::string& model, const Workload& work, const Estimate& estimate) {
  print_line(fmt::format("model       {}", one_line(model, 400)));
  if (estimate.origin != "prior") {
    print_line(fmt::format("class       {}, read as {}",
                           estimate.architecture.empty() ? "unknown" : one_line(estimate.architecture),
                           estimate.model_type));
    print_line(
        fmt::format("parameters  {}{}", estimate.parameters, estimate.parameters_exact ? "" : " (about)"));
  }
  print_line(fmt::format("test        {}, batch {}, {} tokens, {}", work.hardware_type, work.batch_size,
                         work.seq_len, work.dtype));
  print_line(fmt::format("process     {}", show_bytes(static_cast<double>(estimate.peak_process_bytes))));
  print_line(fmt::format("forward     {}", show_bytes(static_cast<double>(estimate.peak_forward_bytes))));
  if (estimate.peak_device_bytes > 0) {
    print_line(fmt::format("device      {}", show_bytes(static_cast<double>(estimate.peak_device_bytes))));
  }
  for (const MemoryTerm& term : estimate.terms) {
    if (term.bytes == 0) continue;
    print_line(fmt::format("  {:<12} {:>10}", term.name, show_bytes(static_cast<double>(term.bytes))));
  }
  if (estimate.seconds > 0) print_line(fmt::format("time        {}", show_seconds(estimate.seconds)));
  const std::string why = estimate.why.empty() ? "" : ": " + estimate.why;
  print_line(fmt::format("by          {}{}", estimate.origin, why));
}

// Where the model's config is: the path that was given, else what the hub's cache has of a model of this
// name.
std::optional<std::string> config_path(const std::string& model) {
  std::error_code ignored;
  if (std::filesystem::exists(model, ignored)) return model;
  if (const auto snapshot = cached_snapshot(model);
      snapshot && std::filesystem::exists(*snapshot / "config.json", ignored))
    return snapshot->native();
  if (model.starts_with('/') || model.starts_with('.') || model.ends_with(".json")) {
    throw Error(ErrorKind::spec, fmt::format("there is no file or folder {}", quote(model, 400)),
                "name a config.json, a folder with one, or a model");
  }
  return std::nullopt;
}

int estimate_one(const Context& context, const EstimateOptions& options, const std::string& model) {
  Workload work = read_workload(options.request);
  Estimate estimate;
  check_model_name(model);
  const std::optional<std::string> path = config_path(model);
  if (!path) {
    if (!options.solve.empty()) {
      throw Error(ErrorKind::usage, fmt::format("there is no file or folder {}", quote(model)),
                  "--solve needs the model's config.json, or the folder that it is in");
    }
    estimate = estimate_by_name(model, work);
  } else if (options.solve.empty()) {
    estimate = estimate_memory(read_config(*path), work);
  } else {
    Solution solution = solve(read_config(*path), work, options.solve, bytes_of(options.memory));
    work = solution.work;
    estimate = std::move(solution.estimate);
  }
  context.json ? show_json(model, work, estimate) : show(model, work, estimate);
  return 0;
}

int run_estimate(const Context& context, const EstimateOptions& options) {
  if (options.models == std::vector<std::string>{"-"}) return answer_lines();
  if (options.solve.empty() != options.memory.empty()) {
    throw Error(ErrorKind::usage, "--solve and --memory belong together",
                "write --solve batch_size --memory 24GB");
  }
  for (const std::string& model : options.models) estimate_one(context, options, model);
  return 0;
}

}  // namespace

void setup_model_estimate(CLI::App& parent, Context& context) {
  CLI::App* verb =
      add_verb(parent, "estimate", "say what memory and time a test of a model needs; needs no store",
               "  testloom model estimate ./my-net --batch-size 16 --seq-len 512\n"
               "  testloom model estimate config.json --family text_generation --mode generate --json\n"
               "  testloom model estimate ./my-net --solve batch_size --memory 24GB\n"
               "  testloom model estimate - < requests.jsonl");
  auto options = std::make_shared<EstimateOptions>();
  verb->add_option(
          "MODEL", options->models,
          "a config.json, a folder with one, a name (by what it says alone), or - for one JSON object a "
          "line on standard input")
      ->required();
  // Options say what a line of JSON says, under the same names.
  const auto text = [&](const char* flags, const char* key, const char* what) {
    verb->add_option_function<std::string>(
        flags, [options, key](const std::string& v) { options->request[key] = v; }, what);
  };
  const auto number = [&](const char* flags, const char* key, const char* what) {
    verb->add_option_function<int64_t>(
        flags, [options, key](int64_t v) { options->request[key] = v; }, what);
  };
  text("--family,--model-family", "model_family", "the family whose tests it is for, which says the class");
  text("--task", "task", "or a task, such as fill-mask, or the class");
  text("--hardware,--hardware-type", "hardware_type", "cpu (default), cuda, rocm, mps");
  text("--dtype", "dtype", "float32 (default), bfloat16, float16, int8, int4, float64");
  text("--mode", "mode", "forward (default) or generate");
  text("--load", "load", "from_pretrained (default) or in_place");
  text("--attention", "attention", "eager or sdpa (default: what the class takes)");
  text("--torch", "torch", "torch's version (default 2.5.1)");
  text("--transformers", "transformers", "transformers' version (default 4.46)");
  number("--batch-size", "batch_size", "default 1");
  number("--seq-len", "seq_len", "tokens of a text, default 128");
  number("--decoder-seq-len", "decoder_seq_len", "of what an encoder-decoder model writes, default 1");
  number("--image-size", "image_size", "pixels of a side (default: the config's)");
  number("--new-tokens", "new_tokens", "that are generated, default 16");
  verb->add_option_function<double>(
      "--audio-seconds", [options](double v) { options->request["audio_seconds"] = v; }, "default 10");
  verb->add_option("--solve", options->solve,
                   "batch_size, seq_len or dtype: the largest that fits into --memory");
  verb->add_option("--memory", options->memory, "such as 24GB; of the process on a cpu, else of the device");
  verb->callback([&context, options] {
    context.action = [&context, options] { return run_estimate(context, *options); };
  });
}

}  // namespace testloom::cli
