// Errors told at the place that their author wrote: lines of a rendered test become lines of its template.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "testloom/template.h"

namespace testloom {

// The text with each `File "TEST_FILE", line N` naming the template's file and line instead. A template that
// is kept in the store is named as its file under templates/ would be.
std::string with_template_lines(std::string_view text, std::string_view test_file,
                                const std::vector<LineOrigin>& origins);

}  // namespace testloom
