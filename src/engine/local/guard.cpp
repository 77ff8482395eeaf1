#include "engine/local/guard.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include <fmt/format.h>

#include "base/files.h"
#include "engine/local/process_tree.h"
#include "testloom/error.h"

namespace testloom {

namespace {

int guard_end = -1;
volatile pid_t guarded = 0;

void pass_on(int number) {
  const int error = errno;
  if (guarded > 0) ::kill(guarded, number);
  errno = error;
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(number, &action, nullptr);
}

}  // namespace

int guard_descriptor() { return guard_end; }

GuardedEnd run_guarded(const std::function<int()>& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw Error(ErrorKind::engine, "no pipe could be made", "");
  FileDescriptor watched(ends[0]);
  FileDescriptor held(ends[1]);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  // Blocked until the child is known, so that none is lost.
  sigset_t ending, before;
  ::sigemptyset(&ending);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&ending, number);
  ::sigprocmask(SIG_BLOCK, &ending, &before);
  const pid_t child = ::fork();
  if (child < 0) throw Error(ErrorKind::engine, "no process could be made", "");
  if (child == 0) {
    held.close();
    ::setpgid(0, 0);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    guard_end = watched.release();
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    const int status = work();
    std::fflush(nullptr);
    end_all_below();
    ::_exit(status);
  }
  guarded = child;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) handle(number, pass_on);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  int status = 0;
  for (;;) {
    const pid_t changed = ::waitpid(-1, &status, WUNTRACED);
    if (changed == child && WIFSTOPPED(status)) {
      ::kill(child, SIGCONT);  // a test may have stopped it
    } else if (changed == child || (changed < 0 && errno == ECHILD)) {
      break;
    }
  }
  guarded = 0;
  end_all_below();
  if (WIFSIGNALED(status)) return {-1, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

}  // namespace testloom
