// The CPythons of this machine that templates are held against.
#pragma once

#include <string>
#include <vector>

namespace testloom::cli {

struct Interpreter {
  std::string path;
  std::string version;  // such as 3.11.7
};

// CPython 3.8 to 3.13, each version once, oldest first: python3.8 to python3.13 and python3 in PATH, and what
// pyenv has under the home folder. Throws an Error (engine) when there is none.
std::vector<Interpreter> find_interpreters();

}  // namespace testloom::cli
