// `testloom tests repro`: writes one test as a file, and says how to run it alone as a run did.
#include <fmt/format.h>

#include <filesystem>

#include "base/embedded.h"
#include "base/files.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "cli/repro.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "engine/local/python.h"
#include "plan/planner.h"
#include "plan/tests.h"
#include "report/runs.h"

namespace testloom::cli {

namespace fs = std::filesystem;

namespace {

struct ReproOptions {
  std::string wanted;
  std::optional<std::string> run, plan, python;
  std::string out;
};

// The test and the runner, in a folder of their own.
fs::path write_files(const std::string& out, const PlannedTest& test, std::string_view content) {
  const fs::path folder =
      fs::absolute(out.empty() ? "repro-" + test.test_id.substr(0, 13) : out).lexically_normal();
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw_file_error(ErrorKind::usage, "make", folder, error.value());
  write_file(folder / "test.py", content, ErrorKind::usage);
  for (const embedded::File& file : embedded::python()) {
    if (file.name == "runner.py") write_file(folder / file.name, file.text, ErrorKind::usage);
  }
  return folder;
}

void print_json(const PlannedTest& test, const Repro& repro, const fs::path& folder) {
  JsonWriter json;
  json.begin_object().member("test_id", test.test_id).member("case", test.case_name);
  json.member("file", (folder / "test.py").native()).member("command", command_line(repro, folder.native()));
  json.member("python", repro.python).key("environment").begin_object();
  for (const auto& [name, value] : repro.environment) json.member(name, value);
  json.end_object().key("left_out").begin_array();
  for (const std::string& name : repro.left_out) json.value(name);
  json.end_array().key("run_id");
  repro.run_id.empty() ? json.null() : json.value(repro.run_id);
  print_line(json.end_object().text());
}

int run_repro(const Context& context, const ReproOptions& options) {
  const auto store = context.open(OpenMode::read);
  Connection& connection = store->connection();
  const auto plan_id = options.plan ? std::optional(latest_plan(connection, options.plan)) : std::nullopt;
  const PlannedTest test = find_test(connection, options.wanted, plan_id);
  if (test.output_kind != name_of(OutputKind::python))
    throw Error(ErrorKind::usage,
                fmt::format("the test {} is not Python, and is not run", quote(test.case_name)),
                "`testloom tests show` prints its text");
  std::optional<std::string> run_id;
  if (options.run) run_id = find_run(connection, *options.run).run_id;
  Repro repro = repro_of(*store, test, run_id);
  if (run_id && repro.run_id.empty())
    throw Error(ErrorKind::usage,
                fmt::format("the run {} has no outcome of {}", *run_id, quote(test.case_name)),
                "leave --run out to take the latest");
  if (options.python || repro.python.empty())
    repro.python = choose_python(options.python, context.program_folder);
  TestRenderer renderer;
  renderer.load(connection, test);
  const fs::path folder = write_files(options.out, test, renderer.render(test));
  if (repro.run_id.empty())
    print_notes({"it has not been run yet: threads and devices are as the shell has them"});
  for (const std::string& name : repro.left_out)
    print_notes({fmt::format("{} was set for it, and is left out here: set it yourself", name)});
  if (context.json) {
    print_json(test, repro, folder);
  } else {
    print_line((folder / "test.py").native());
    print_line(command_line(repro, folder.native()));
  }
  return 0;
}

}  // namespace

void setup_tests_repro(CLI::App& parent, Context& context) {
  CLI::App* verb =
      add_verb(parent, "repro", "write one test as a file, and print the command that runs it alone",
               "  testloom tests repro 9f1c0a52\n"
               "  testloom tests repro 9f1c0a52 --run 20260131-2359 --out repro");
  auto options = std::make_shared<ReproOptions>();
  verb->add_option("ID|CASE", options->wanted, "a test's id, the beginning of one, or its case")->required();
  verb->add_option("--run", options->run, "as in this run (default: the latest that has the test)");
  verb->add_option("--plan", options->plan,
                   "a plan's name or number (default: the latest that has the test)");
  verb->add_option("--out", options->out, "the folder for test.py and runner.py (default: repro-ID)");
  verb->add_option("--python", options->python, "another interpreter than the run's");
  verb->callback(
      [&context, options] { context.action = [&context, options] { return run_repro(context, *options); }; });
}

}  // namespace testloom::cli
