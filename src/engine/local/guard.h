// Runs a function in a process of its own, guarded: whichever of the two is killed, the other ends all that
// was started below, whatever sessions and groups it went to.
//
//   program ── guard (this process, waits) ── function's process ── tests ── what they start
#pragma once

#include <functional>

namespace testloom {

struct GuardedEnd {
  int exit_status = -1;  // what the function returned
  int signal = 0;        // that ended its process; 0: none
};

// Calls `work` in a child and waits for it. Signals that would end this process (Ctrl-C, TERM, HUP) are
// passed on to the child, which is in a process group of its own. REQUIRES: this process has one thread, and
// nothing waits in its output streams.
GuardedEnd run_guarded(const std::function<int()>& work);

// In the child: a descriptor that becomes readable when the guard is gone; -1 where there is no guard.
int guard_descriptor();

}  // namespace testloom
