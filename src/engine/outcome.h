// What came out of one attempt at one test, and the JSON line that the journal keeps of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace testloom {

// The words for outcomes, as they stand in the store and on the screen.
namespace outcome {
inline constexpr std::string_view passed = "passed";
inline constexpr std::string_view failed = "failed";    // an assertion, or `success` false
inline constexpr std::string_view error = "error";      // another exception
inline constexpr std::string_view crashed = "crashed";  // the process went without a result
inline constexpr std::string_view timeout = "timeout";
inline constexpr std::string_view oom = "oom";                  // out of memory
inline constexpr std::string_view implied_oom = "implied_oom";  // not run: a smaller batch ran out of memory
inline constexpr std::string_view skipped = "skipped";          // not run; the reason says why
inline constexpr std::string_view interrupted = "interrupted";
}  // namespace outcome

// Whether an outcome makes the run fail: failed, error, crashed, timeout, oom.
bool is_failure(std::string_view outcome);

struct Outcome {
  std::string test_id;
  std::string case_name;
  int attempt = 1;
  std::string outcome;
  std::string reason;         // why it was skipped, crashed or ended; empty where the outcome says it all
  int64_t started_at_us = 0;  // microseconds since 1970, UTC
  std::optional<double> duration_s;
  std::optional<int64_t> peak_memory_bytes;
  std::string result_json;  // what the test returned, as JSON; empty: nothing
  std::string error_type;
  std::string error_message;
  std::string traceback;
  std::string output_tail;  // the end of what it printed
};

// One line of ASCII JSON without its newline.
std::string to_json_line(const Outcome& outcome);

}  // namespace testloom
