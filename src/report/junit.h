// A run as JUnit's XML, as Jenkins' and Surefire's schemas have it: a suite for each model and hardware type,
// a test case for each repetition of a test.
//
//   passed                                  a test case; with <flakyFailure> or <flakyError> for attempts
//   before failed                                  <failure> error, crashed, timeout, oom            <error>
//   skipped, implied_oom, known_failure,
//   interrupted                             <skipped>
// Attempts before one that did not pass are <rerunFailure> and <rerunError>.
#pragma once

#include "report/runs.h"
#include "report/streamed_file.h"

namespace testloom {

void write_junit(Connection& connection, const StoredRun& run, StreamedFile& out);

}  // namespace testloom
