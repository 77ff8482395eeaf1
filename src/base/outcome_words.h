// The words for outcomes, as they stand in the store and on the screen. What they mean: docs/running.md.
#pragma once

#include <array>
#include <string_view>

namespace testloom {

namespace outcome {
inline constexpr std::string_view passed = "passed";
inline constexpr std::string_view failed = "failed";    // an assertion, or `success` false
inline constexpr std::string_view error = "error";      // another exception
inline constexpr std::string_view crashed = "crashed";  // the process went without a result
inline constexpr std::string_view timeout = "timeout";
inline constexpr std::string_view oom = "oom";                  // out of memory
inline constexpr std::string_view implied_oom = "implied_oom";  // not run: a smaller batch ran out of memory
inline constexpr std::string_view skipped = "skipped";          // not run; the reason says why
inline constexpr std::string_view known_failure = "known_failure";  // it failed as an expectation says
inline constexpr std::string_view interrupted = "interrupted";

// All of them, from the best to the worst: of several outcomes of one test the last in this order counts.
inline constexpr std::array<std::string_view, 10> by_severity = {
    passed, known_failure, skipped, implied_oom, interrupted, failed, error, oom, timeout, crashed};
}  // namespace outcome

// Whether an outcome makes the run fail: failed, error, crashed, timeout, oom.
constexpr bool is_failure(std::string_view word) {
  return word == outcome::failed || word == outcome::error || word == outcome::crashed ||
         word == outcome::timeout || word == outcome::oom;
}

}  // namespace testloom
