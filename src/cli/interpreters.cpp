#include "cli/interpreters.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "engine/local/process.h"
#include "testloom/error.h"

namespace testloom::cli {

namespace fs = std::filesystem;

namespace {

constexpr int kOldest = 8;
constexpr int kNewest = 13;
constexpr double kTimeoutSeconds = 20;

// "3.11.7" is {3, 11, 7}.
std::vector<int> numbers_of(std::string_view version) {
  std::vector<int> numbers;
  for (const std::string& part : split(version, '.')) {
    int number = -1;
    std::from_chars(part.data(), part.data() + part.size(), number);
    numbers.push_back(number);
  }
  return numbers;
}

bool is_supported(std::string_view version) {
  const std::vector<int> numbers = numbers_of(version);
  return numbers.size() >= 2 && numbers[0] == 3 && numbers[1] >= kOldest && numbers[1] <= kNewest;
}

std::vector<fs::path> candidates() {
  std::vector<std::string> names;
  for (int minor = kOldest; minor <= kNewest; ++minor) names.push_back(fmt::format("python3.{}", minor));
  names.emplace_back("python3");
  const char* search = std::getenv("PATH");
  std::vector<fs::path> found;
  for (const std::string& folder : split(search ? search : "", ':')) {
    for (const std::string& name : names) {
      if (!folder.empty()) found.push_back(fs::path(folder) / name);
    }
  }
  const char* home = std::getenv("HOME");
  std::error_code error;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(fs::path(home ? home : "/") / ".pyenv" / "versions", error)) {
    if (is_supported(entry.path().filename().native())) found.push_back(entry.path() / "bin" / "python");
  }
  return found;
}

// The version of a CPython that answers, else nothing: pyenv puts programs into PATH that only say that they
// are not there.
std::string version_of(const fs::path& path) {
  const ProcessEnd end = run_process(
      {{path.native(), "-I", "-S", "-c",
        "import platform; print(platform.python_implementation() + ' ' + platform.python_version())"},
       "/",
       kTimeoutSeconds});
  const std::string_view said = trimmed(end.output_tail);
  constexpr std::string_view prefix = "CPython ";
  if (!end.started || end.exit_status != 0 || !said.starts_with(prefix)) return "";
  return std::string(said.substr(prefix.size()));
}

}  // namespace

std::vector<Interpreter> find_interpreters() {
  std::vector<Interpreter> found;
  for (const fs::path& path : candidates()) {
    std::error_code error;
    if (::access(path.c_str(), X_OK) != 0 || fs::is_directory(path, error)) continue;
    const std::string version = version_of(path);
    const bool is_known = std::any_of(found.begin(), found.end(),
                                      [&](const Interpreter& other) { return other.version == version; });
    if (is_supported(version) && !is_known) found.push_back({path.native(), version});
  }
  std::sort(found.begin(), found.end(), [](const Interpreter& a, const Interpreter& b) {
    return numbers_of(a.version) < numbers_of(b.version);
  });
  if (found.empty() && !interrupt_requested()) {
    throw Error(ErrorKind::engine, "there is no CPython 3.8 to 3.13 to hold templates against",
                "put a python3 into PATH; what pyenv has is found too");
  }
  return found;
}

}  // namespace testloom::cli
