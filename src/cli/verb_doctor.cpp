// `testloom doctor`: what this machine has for running tests, and what to do about what is missing.
#include <duckdb.h>
#include <fmt/format.h>

#include <filesystem>

#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/device_figures.h"
#include "catalog/names.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "engine/local/control_group_place.h"
#include "engine/local/measure.h"
#include "engine/local/python.h"

namespace testloom::cli {

namespace {

struct DoctorOptions {
  std::string python;
  bool measure = false;
};

// What was measured, and the store that it goes to, if there is one.
struct Measured {
  std::vector<MeasuredDevice> devices;
  bool has_store = false;
};

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

// "31.8 G", "150 T".
std::string scaled(double value) {
  const double unit = value >= 1e12 ? 1e12 : 1e9;
  return fmt::format("{:.3g} {}", value / unit, value >= 1e12 ? 'T' : 'G');
}

void print_measured(const Context& context, const Measured& measured) {
  for (const MeasuredDevice& device : measured.devices) {
    const DeviceRates& rates = device.rates;
    print_line_of(
        "measured",
        fmt::format("{}: {}FLOP/s in float32, {}FLOP/s in 16 bits, {}B/s, {:.1f} us a call, "
                    "{} thread{} ({})",
                    device.hardware_type, scaled(rates.flops_a_second), scaled(rates.flops_a_second_16),
                    scaled(rates.bytes_a_second), rates.call_seconds * 1e6, device.threads,
                    device.threads == 1 ? "" : "s", device.name));
  }
  if (!measured.has_store) {
    print_line_of("kept",
                  fmt::format("no: there is no store {}; name one with --store", quote(context.store_path)));
  }
}

void write_measured(JsonWriter& json, const Context& context, const Measured& measured) {
  json.key("measured").begin_array();
  for (const MeasuredDevice& device : measured.devices) {
    json.begin_object().member("hardware_type", device.hardware_type).member("name", device.name);
    json.member("flops_a_second", device.rates.flops_a_second);
    json.member("flops_a_second_16", device.rates.flops_a_second_16);
    json.member("bytes_a_second", device.rates.bytes_a_second);
    json.member("call_seconds", device.rates.call_seconds).member("threads", device.threads).end_object();
  }
  json.end_array().key("kept_in");
  measured.has_store ? json.value(context.store_path) : json.null();
}

void keep(const Context& context, const Measured& measured) {
  if (!measured.has_store) return;
  const std::unique_ptr<Store> store = context.open(OpenMode::write);
  for (const MeasuredDevice& device : measured.devices) write_device_figures(store->connection(), device);
}

Measured measure(const Context& context, const std::string& chosen, const PythonInfo& python) {
  if (python.torch.empty()) {
    throw Error(
        ErrorKind::engine, fmt::format("{} has no torch to measure with", quote(python.executable)),
        fmt::format("{} -m pip install torch, or name another interpreter with --python", python.executable));
  }
  const Activity activity("measuring, which takes some seconds");
  std::error_code ignored;
  return {measure_devices(chosen), std::filesystem::exists(context.store_path, ignored)};
}

void print_json(const Context& context, const PythonInfo& python, const std::vector<std::string>& others,
                const std::vector<std::string>& advice, const std::optional<Measured>& measured) {
  JsonWriter json;
  json.begin_object().member("testloom", TESTLOOM_VERSION).member("duckdb", duckdb_library_version());
  json.key("python").raw(python.json).key("other_pythons").begin_array();
  for (const std::string& other : others) json.value(other);
  json.end_array().member("control_groups", shown(group_place())).key("advice").begin_array();
  for (const std::string& line : advice) json.value(line);
  json.end_array();
  if (measured) write_measured(json, context, *measured);
  print_line(json.end_object().text());
}

void print_text(const Context& context, const PythonInfo& python, const std::vector<std::string>& others,
                const std::vector<std::string>& advice, const std::optional<Measured>& measured) {
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
  print_line_of("groups", shown(group_place()));
  if (measured) print_measured(context, *measured);
  print_others(others);
  for (const std::string& step : advice) print_line("! " + one_line(step, 400));
  if (advice.empty()) print_line("all is there");
}

int run_doctor(const Context& context, const DoctorOptions& options) {
  const std::string& given = options.python;
  Activity activity("looking at this machine");
  const std::vector<std::string> pythons = known_pythons(context.program_folder);
  const std::string chosen = given.empty() ? pythons.front() : choose_python(given, context.program_folder);
  const PythonInfo python = probe_python(chosen);
  const std::vector<std::string> others(pythons.begin() + (given.empty() ? 1 : 0), pythons.end());
  const std::vector<std::string> advice = advice_for(python);
  activity.stop();
  std::optional<Measured> measured;
  if (options.measure) measured = measure(context, chosen, python);
  if (measured) keep(context, *measured);
  context.json ? print_json(context, python, others, advice, measured)
               : print_text(context, python, others, advice, measured);
  if (measured && measured->has_store && !context.json)
    print_line_of("kept", fmt::format("in {}", context.store_path));
  return 0;
}

}  // namespace

void setup_doctor(CLI::App& app, Context& context) {
  CLI::App* verb = add_verb(app, "doctor", "say what this machine has for running tests; needs no store",
                            "  testloom doctor\n  testloom doctor --python /usr/bin/python3 --json\n"
                            "  testloom doctor --measure");
  auto options = std::make_shared<DoctorOptions>();
  verb->add_option(
      "--python", options->python,
      "the interpreter to look at (default: $VIRTUAL_ENV's, else the one beside the program, else python3)");
  verb->add_flag(
      "--measure", options->measure,
      "measure how fast its torch is on each kind of device, for estimates of time; the store keeps it, "
      "where there is one");
  verb->callback([&context, options] {
    context.action = [&context, options] { return run_doctor(context, *options); };
  });
}

}  // namespace testloom::cli
