// A run as Markdown for a CI's summary: how many came to what, failures with their causes, the slowest tests,
// and what changed against another run.
#pragma once

#include "report/comparison.h"
#include "report/streamed_file.h"

namespace testloom {

// `comparison`: with the run that is reported as its later one; nullptr: with none.
void write_markdown(Connection& connection, const StoredRun& run, const Comparison* comparison,
                    StreamedFile& out);

}  // namespace testloom
