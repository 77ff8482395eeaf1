// CPython as the judge of a template: for every place where a value is put, a harmless value is held against
// hostile ones, by every interpreter.
#pragma once

#include <string>
#include <vector>

#include "cli/interpreters.h"
#include "cli/template_values.h"
#include "testloom/template.h"

namespace testloom::cli {

// What one interpreter said of one template.
struct PythonVerdict {
  Interpreter interpreter;
  size_t renders = 0;
  size_t differences = 0;
  std::string no_python;  // why the harmless text is no Python to it; it compared nothing then
};

struct OracleAnswer {
  std::vector<PythonVerdict> verdicts;
  std::vector<Diagnostic> differences;  // at the places that they concern
  std::vector<std::string> notes;       // what could not be held against anything
};

// `lines` are values to render with, each completed by `given` and by harmless values; none is one line
// without values. Throws an Error (engine) when an interpreter cannot be asked.
OracleAnswer ask_oracle(const std::string& file, const Template& compiled, const NamedValues& given,
                        const std::vector<NamedValues>& lines, const std::vector<Interpreter>& interpreters);

}  // namespace testloom::cli
