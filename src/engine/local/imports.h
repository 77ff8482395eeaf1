// What of a test's imports a warm parent may load before it: those of packages that take long and do nothing
// but load.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace testloom {

struct Imports {
  std::set<std::string>
      packages;  // such as numpy, torch, transformers; two tests with the same share a parent
  std::vector<std::string> statements;  // as they stand in the text, those of these packages alone
};

// Of the statements that stand at the beginning of a line of Python.
Imports heavy_imports(std::string_view python);

}  // namespace testloom
