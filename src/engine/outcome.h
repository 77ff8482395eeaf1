// What came out of one attempt at one test, and the JSON line that the journal keeps of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/outcome_words.h"

namespace testloom {

struct Outcome {
  std::string test_id;
  std::string case_name;
  // What the test is, so that an outcome can be read without its plan.
  std::string model_name;
  std::string hardware_type;
  int64_t batch_size = 0;
  std::string template_name;
  std::string axes_json = "{}";

  int repetition = 1;  // of a test that is run several times, counted from 1
  int attempt = 1;     // at this repetition; one that passes after the first is flaky
  std::string outcome;
  std::string observed;       // what came out, where an expectation made something else of it; else empty
  std::string reason;         // why it was skipped, crashed or ended; empty where the outcome says it all
  int64_t started_at_us = 0;  // microseconds since 1970, UTC
  std::optional<double> duration_s;
  std::optional<int64_t> peak_memory_bytes;         // of its processes on the host
  std::optional<int64_t> peak_device_memory_bytes;  // as the test said it
  std::optional<int64_t> estimated_memory_bytes;    // where it runs, predicted before it ran
  std::optional<int64_t> estimated_host_memory_bytes;

  // Where and how it ran; empty and 0 where it did not.
  std::string slot;                 // "cpu", "cuda:0"
  std::string start;                // "fork" from a warm parent, or a "fresh" interpreter
  int cores = 0;                    // that its threads were set to
  std::vector<std::string> beside;  // cases of the tests that ran at some time while it did, the first 16
  std::string environment_json;     // versions of Python and packages in its process; empty: not known

  std::string result_json;  // what the test returned, as JSON; empty: nothing
  std::string error_type;
  std::string error_message;
  std::string traceback;
  std::string output_tail;  // the end of what it printed
  // Relative to the folder of journals; empty where there is none.
  std::string output_file;  // all that it printed, where the tail is not all
  std::string artifacts;    // the folder of the files that it saved

  bool is_flaky() const { return outcome == outcome::passed && attempt > 1; }
};

// One line of ASCII JSON without its newline.
std::string to_json_line(const Outcome& outcome);

}  // namespace testloom
