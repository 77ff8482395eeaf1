#include "engine/local/python.h"

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>

#include <fmt/format.h>

#include "base/embedded.h"
#include "base/text.h"
#include "engine/local/process.h"
#include "testloom/error.h"

namespace testloom {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr double kProbeTimeoutSeconds = 120;
constexpr double kVersionTimeoutSeconds = 5;

bool runs(const fs::path& program) {
  return ::access(program.c_str(), X_OK) == 0 && !fs::is_directory(program);
}

std::string text_of(const json::object& facts, std::string_view key) {
  const json::value* value = facts.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : "";
}

constexpr std::string_view kOtherPython = "name another interpreter with --python";

std::string_view source_of(std::string_view script) {
  for (const embedded::File& file : embedded::python()) {
    if (file.name == script) return file.text;
  }
  return {};
}

std::vector<DeviceInfo> devices_of(const json::value& listed) {
  std::vector<DeviceInfo> devices;
  for (const json::value& each : listed.as_array()) {
    const json::object& facts = each.as_object();
    const json::value& memory = facts.at("memory_bytes");
    devices.push_back(
        {text_of(facts, "name"), memory.is_int64() ? std::optional(memory.get_int64()) : std::nullopt});
  }
  return devices;
}

PythonInfo read_answer(const std::string& answer) {
  const json::object facts = json::parse(answer).as_object();
  PythonInfo info;
  info.executable = text_of(facts, "executable");
  info.version = text_of(facts, "python");
  info.torch = text_of(facts, "torch");
  info.transformers = text_of(facts, "transformers");
  info.numpy = text_of(facts, "numpy");
  info.huggingface_hub = text_of(facts, "huggingface_hub");
  for (const auto& [hardware_type, listed] : facts.at("devices").as_object()) {
    info.devices[std::string(hardware_type)] = devices_of(listed);
  }
  info.json = answer;
  return info;
}

}  // namespace

std::string choose_python(const std::optional<std::string>& given, const fs::path& program_folder) {
  if (given) {
    if (given->find('/') == std::string::npos) return *given;
    if (runs(*given)) return fs::absolute(*given).native();  // tests run in folders of their own
    throw Error(ErrorKind::engine, fmt::format("there is no Python at {}", quote(*given)),
                "name the interpreter's file with --python");
  }
  return known_pythons(program_folder).front();
}

std::vector<std::string> known_pythons(const fs::path& program_folder) {
  std::vector<fs::path> candidates;
  if (const char* environment = std::getenv("VIRTUAL_ENV"))
    candidates.push_back(fs::path(environment) / "bin" / "python");
  if (!program_folder.empty()) {
    candidates.push_back(program_folder / "python");
    candidates.push_back(program_folder / "python3");
  }
  const char* search = std::getenv("PATH");
  for (const std::string& folder : split(search ? search : "", ':'))
    candidates.push_back(fs::path(folder) / "python3");

  std::vector<std::string> found;
  for (const fs::path& candidate : candidates) {
    const bool listed = std::any_of(found.begin(), found.end(), [&](const std::string& other) {
      std::error_code error;  // folders are compared, not files: an environment's python links to another's
      return fs::equivalent(fs::path(other).parent_path(), candidate.parent_path(), error);
    });
    if (runs(candidate) && !listed) found.push_back(fs::absolute(candidate).native());
  }
  if (found.empty()) found.push_back("python3");
  return found;
}

std::string ask_python(const std::string& python, std::string_view script, double timeout_seconds) {
  const ProcessEnd end =
      run_process({{python, "-W", "ignore", "-c", std::string(source_of(script))}, "/", timeout_seconds});
  if (!end.started) {
    throw Error(ErrorKind::engine, fmt::format("cannot start {}: {}", quote(python), end.start_error),
                std::string(kOtherPython));
  }
  const std::string_view output = trimmed(end.output_tail);
  const size_t line = output.rfind('\n');
  return std::string(line == std::string_view::npos ? output : output.substr(line + 1));
}

std::vector<std::string> installed_versions(const std::string& python,
                                            const std::vector<std::string>& packages) {
  constexpr const char* script =
      "import sys, importlib.metadata as m\n"
      "there = {d.metadata['Name']: d.version for p in sys.argv[1:] for d in m.distributions(name=p)}\n"
      "print(','.join(there.get(p, '') for p in sys.argv[1:]))";
  std::vector<std::string> command = {python, "-c", script};
  command.insert(command.end(), packages.begin(), packages.end());
  const ProcessEnd end = run_process({command, "/", kVersionTimeoutSeconds});
  std::vector<std::string> versions;
  if (end.started && end.exit_status == 0) versions = split(trimmed(end.output_tail), ',');
  versions.resize(packages.size());
  return versions;
}

PythonInfo probe_python(const std::string& python) {
  const std::string answer = ask_python(python, "probe.py", kProbeTimeoutSeconds);
  try {
    return read_answer(answer);
  } catch (const std::exception&) {
    throw Error(ErrorKind::engine,
                fmt::format("{} does not say what it is: {}", quote(python), quote(answer, 300)),
                std::string(kOtherPython));
  }
}

}  // namespace testloom
