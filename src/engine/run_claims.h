// What tests claim of a machine, and what keeps one from running before it was tried.
#pragma once

#include <optional>
#include <string>

#include "engine/admission.h"
#include "engine/run_work.h"

namespace testloom {

class Claims {
 public:
  // `renderer` has loaded the tests and outlives this.
  Claims(const TestRenderer& renderer, const HostRoom& room) : renderer_(renderer), room_(room) {}
  // By the test's estimates, and by `#% exclusive` and `#% cores` of its template. A test without either gets
  // an equal share of the cores.
  Claim of(const PlannedTest& test) const;
  // That its threads are set to; 0: nothing is set, for an exclusive test that names no number. Libraries
  // take what they find best for a machine of their own then, which is not always a thread for each core.
  int threads(const PlannedTest& test) const;

 private:
  const TestRenderer& renderer_;
  HostRoom room_;
};

// Why the test is not tried, by what an earlier run says of a test that it depends on; nothing where nothing
// does.
std::optional<std::string> blocked_by_earlier(const PlannedTest& test, const RunWork& work);

// How an outcome is told in a reason: "ran out of memory".
std::string how_it_ended(std::string_view word);

}  // namespace testloom
