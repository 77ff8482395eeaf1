// The Python that runs tests: which one, and what it and this machine have.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace testloom {

struct DeviceInfo {
  std::string name;
  std::optional<int64_t> memory_bytes;
};

struct PythonInfo {
  std::string executable;
  std::string version;
  // Versions; empty where it is not installed, "broken: reason" where it cannot be imported.
  std::string torch;
  std::string transformers;
  std::string numpy;
  std::string huggingface_hub;
  std::map<std::string, std::vector<DeviceInfo>> devices;  // by hardware type
  std::string json;                                        // all of it, as the probe printed it
};

// `given` (--python), else $VIRTUAL_ENV's, else the one beside the program, else python3. Throws an Error
// (engine) when a given one is not there.
std::string choose_python(const std::optional<std::string>& given,
                          const std::filesystem::path& program_folder);

// The interpreters that choose_python() could take when none is given, the chosen one first, each once.
std::vector<std::string> known_pythons(const std::filesystem::path& program_folder);

// Lets an interpreter run one of the program's own scripts (base/embedded.h) and returns the last line that
// it printed. Throws an Error (engine) when it does not start.
std::string ask_python(const std::string& python, std::string_view script, double timeout_seconds);

// The versions of packages, told without importing them; each empty where that cannot be told.
std::vector<std::string> installed_versions(const std::string& python,
                                            const std::vector<std::string>& packages);

// Asks an interpreter about itself; takes seconds when it has torch. Throws an Error (engine) when it does
// not run or does not answer.
PythonInfo probe_python(const std::string& python);

}  // namespace testloom
