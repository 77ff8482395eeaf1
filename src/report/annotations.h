// A run's failures as GitHub's workflow commands, which a workflow's log turns into annotations:
// ::error file=…,line=…,title=…::message
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "report/runs.h"
#include "report/streamed_file.h"

namespace testloom {

struct TemplatePlace {
  std::string file;  // relative to the folder that it was read from
  int line = 0;
};

// The innermost place in a template that a traceback names, as `File "templates/vision.py", line 31` or as
// templates/vision.py:31 at a line's beginning. Files outside of the current folder, such as rendered ones
// and packages, are none.
std::optional<TemplatePlace> template_place(std::string_view traceback);

// One line for each failure and each test that passed after another attempt, the first fifty of each; then a
// notice of how many more there are.
void write_annotations(Connection& connection, const StoredRun& run, StreamedFile& out);

}  // namespace testloom
