// The verbs of the program, one file each: setup_*() declares a verb's options on the app and what to do when
// it was chosen, as an action that is run once everything is parsed.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "catalog/template_parts.h"
#include "store/store.h"
#include "testloom/template.h"

namespace testloom::cli {

// What every verb can use.
struct Context {
  std::string store_path = "testloom.duckdb";
  bool json = false;
  double wait_seconds = kDefaultWaitSeconds;
  std::filesystem::path program_folder;  // where the program was called, for the Python beside it
  std::function<int()> action;           // set by the chosen verb; returns the exit code
  // Makes what finds included templates that are in no file; empty or nothing: there are no others.
  std::function<std::unique_ptr<TemplateFinder>(const VariantWanted&)> stored_templates;

  // Opens the store and shows what opening it did. For writing, it also takes in what killed runs left.
  std::unique_ptr<Store> open(OpenMode mode) const;
};

// A verb under `parent` with its one-line description and its examples, shown by --help.
CLI::App* add_verb(CLI::App& parent, const std::string& name, const std::string& description,
                   const std::string& examples);

// A check for options that hold seconds, with a message of its own.
CLI::Validator seconds_check(bool zero_allowed);

// An option that may be given several times and takes one value each time, whatever the value looks like.
CLI::Option* add_repeatable(CLI::App& verb, const std::string& name, std::vector<std::string>& values,
                            const std::string& description);

void setup_init(CLI::App& app, Context& context);
void setup_template(CLI::App& app, Context& context);
void setup_model(CLI::App& app, Context& context);
void setup_plan(CLI::App& app, Context& context);
void setup_tests(CLI::App& app, Context& context);
void setup_explain(CLI::App& app, Context& context);
void setup_run(CLI::App& app, Context& context);
void setup_report(CLI::App& app, Context& context);
void setup_store(CLI::App& app, Context& context);
void setup_doctor(CLI::App& app, Context& context);

// What stands below `model` beside the verbs that keep models; detect and estimate need no store.
void setup_model_scan(CLI::App& parent, Context& context);
void setup_model_detect(CLI::App& parent, Context& context);
void setup_model_calibrate(CLI::App& parent, Context& context);
void setup_model_estimate(CLI::App& parent, Context& context);

// What stands below `plan`.
void setup_stored_plans(CLI::App& verb, Context& context);

// Those below `template` that need no store.
void setup_template_check(CLI::App& parent, Context& context);
void setup_template_render(CLI::App& parent, Context& context);
void setup_template_vars(CLI::App& parent, Context& context);
void setup_template_test(CLI::App& parent, Context& context);

}  // namespace testloom::cli
