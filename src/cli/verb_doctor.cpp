// `testloom doctor`: what this machine has for running tests, and what to do about what is missing.
#include <duckdb.h>
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/names.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "engine/local/python.h"

namespace testloom::cli {

namespace {

std::string device_line(const std::vector<DeviceInfo>& devices) {
  std::vector<std::string> parts;
  for (const DeviceInfo& device : devices) {
    const std::string memory =
        device.memory_bytes ? fmt::format(" ({})", show_bytes(static_cast<double>(*device.memory_bytes)))
                            : "";
    parts.push_back((device.name.empty() ? "yes" : device.name) + memory);
  }
  return parts.empty() ? "none" : join(parts, ", ");
}

std::vector<std::string> advice_for(const PythonInfo& python) {
  std::vector<std::string> advice;
  const auto check = [&](const std::string& version, const std::string& package) {
    if (version.empty()) {
      advice.push_back(fmt::format("{0} is missing: {1} -m pip install {0}", package, python.executable));
    } else if (version.starts_with("broken")) {
      advice.push_back(fmt::format("{} cannot be imported ({}): install it anew", package, version));
    }
  };
  check(python.torch, "torch");
  check(python.transformers, "transformers");
  check(python.numpy, "numpy");
  if (!python.torch.empty() && python.devices.size() == 1) {
    advice.push_back("torch sees the CPU alone: tests for other hardware types will be skipped");
  }
  return advice;
}

std::string shown_version(const std::string& version) { return version.empty() ? "not installed" : version; }

void print_line_of(std::string_view what, std::string_view found) {
  print_line(fmt::format("{:<13} {}", what, one_line(found, 300)));
}

void print_others(const std::vector<std::string>& others) {
  for (const std::string& other : others) {
    try {
      const PythonInfo info = probe_python(other);
      print_line_of("also there", fmt::format("{} ({}), torch {}, transformers {}", info.version, other,
                                              shown_version(info.torch), shown_version(info.transformers)));
    } catch (const Error& error) {
      print_line_of("also there", fmt::format("{}: {}", other, error.message()));
    }
  }
}

void print_json(const PythonInfo& python, const std::vector<std::string>& others,
                const std::vector<std::string>& advice) {
  JsonWriter json;
  json.begin_object().member("testloom", TESTLOOM_VERSION).member("duckdb", duckdb_library_version());
  json.key("python").raw(python.json).key("other_pythons").begin_array();
  for (const std::string& other : others) json.value(other);
  json.end_array().key("advice").begin_array();
  for (const std::string& line : advice) json.value(line);
  print_line(json.end_array().end_object().text());
}

int run_doctor(const Context& context, const std::string& given) {
  Activity activity("looking at this machine");
  const std::vector<std::string> pythons = known_pythons(context.program_folder);
  const PythonInfo python =
      probe_python(given.empty() ? pythons.front() : choose_python(given, context.program_folder));
  const std::vector<std::string> others(pythons.begin() + (given.empty() ? 1 : 0), pythons.end());
  const std::vector<std::string> advice = advice_for(python);
  activity.stop();
  if (context.json) {
    print_json(python, others, advice);
    return 0;
  }
  print_line_of("testloom", TESTLOOM_VERSION);
  print_line_of("DuckDB", duckdb_library_version());
  print_line_of("python", fmt::format("{} ({})", python.version, python.executable));
  print_line_of("torch", shown_version(python.torch));
  print_line_of("transformers", shown_version(python.transformers));
  print_line_of("numpy", shown_version(python.numpy));
  for (const Hardware& hardware : built_in_hardware()) {
    const auto found = python.devices.find(std::string(hardware.hardware_type));
    print_line_of(hardware.hardware_type,
                  found == python.devices.end() ? "none" : device_line(found->second));
  }
  print_others(others);
  for (const std::string& step : advice) print_line("! " + one_line(step, 400));
  if (advice.empty()) print_line("all is there");
  return 0;
}

}  // namespace

void setup_doctor(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "doctor", "say what this machine has for running tests; needs no store",
                            "  testloom doctor\n  testloom doctor --python /usr/bin/python3 --json");
  auto python = std::make_shared<std::string>();
  verb->add_option(
      "--python", *python,
      "the interpreter to look at (default: $VIRTUAL_ENV's, else the one beside the program, else python3)");
  verb->callback(
      [&context, python] { context.action = [&context, python] { return run_doctor(context, *python); }; });
}

}  // namespace testloom::cli
