// The Pythons that tests ask: $TESTLOOM_TEST_PYTHON or python3 first, then every CPython 3.8 to 3.13 that
// pyenv has. Under the sanitizers, which look at what this side does, only the first: the texts are the same
// ones that the tests without them have all of these judge.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace testloom {

inline std::vector<std::string> pythons() {
  namespace fs = std::filesystem;
  const char* chosen = std::getenv("TESTLOOM_TEST_PYTHON");
  std::vector<std::string> found = {chosen && *chosen ? chosen : "python3"};
#ifdef __SANITIZE_ADDRESS__
  return found;
#endif
  const char* home = std::getenv("HOME");
  const fs::path versions = fs::path(home ? home : "/") / ".pyenv/versions";
  if (!fs::exists(versions)) return found;
  for (const fs::directory_entry& entry : fs::directory_iterator(versions)) {
    const std::string version = entry.path().filename();
    for (const std::string_view minor : {"3.8.", "3.9.", "3.10.", "3.11.", "3.12.", "3.13."}) {
      if (version.starts_with(minor)) found.push_back(entry.path() / "bin/python");
    }
  }
  std::sort(found.begin() + 1, found.end());
  return found;
}

}  // namespace testloom
