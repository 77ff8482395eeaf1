// Mistakes of templates as a SARIF 2.1.0 log, which editors and code hosts show at their places.
#pragma once

#include <string>
#include <vector>

#include "testloom/error.h"

namespace testloom::cli {

// A mistake, with the file that it is in also where the diagnostic itself names none.
struct FileMistake {
  std::string file;
  Diagnostic diagnostic;
};

// The log, on one line.
std::string sarif_log(const std::vector<FileMistake>& mistakes);

}  // namespace testloom::cli
