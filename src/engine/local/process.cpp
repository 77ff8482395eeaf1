#include "engine/local/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/clock.h"
#include "base/files.h"
#include "engine/local/process_start.h"

namespace testloom {

namespace {

constexpr double kGraceSeconds = 2;  // between TERM and KILL

volatile std::sig_atomic_t interrupts = 0;

void on_interrupt(int) { interrupts = interrupts + 1; }

// The last bytes of a stream, in at most twice the room.
class Tail {
 public:
  explicit Tail(size_t limit) : limit_(limit) {}
  void append(const char* bytes, size_t size) {
    text_.append(bytes, size);
    if (text_.size() > 2 * limit_) text_.erase(0, text_.size() - limit_);
  }
  std::string take() {
    if (text_.size() > limit_) text_.erase(0, text_.size() - limit_);
    return std::move(text_);
  }

 private:
  size_t limit_;
  std::string text_;
};

struct Started {
  pid_t pid = -1;
  FileDescriptor output;  // the reading end
  int error = 0;
};

Started start(const ProcessRequest& request) {
  int output[2];
  if (::pipe2(output, O_CLOEXEC) != 0) return {-1, FileDescriptor(), errno};
  Started started{-1, FileDescriptor(output[0]), 0};
  const FileDescriptor output_end(output[1]);
  ProcessStart process;
  process.command = request.command;
  process.folder = request.folder;
  process.environment = request.environment;
  process.output = output_end.get();
  const StartedProcess made = start_process(process);
  started.pid = made.pid;
  started.error = made.error;
  return started;
}

void drain(int descriptor, Tail& tail) {
  char buffer[65536];
  for (;;) {
    const ssize_t count = ::read(descriptor, buffer, sizeof buffer);
    if (count > 0) tail.append(buffer, static_cast<size_t>(count));
    if (count <= 0 && !(count < 0 && errno == EINTR)) return;
  }
}

// Sends TERM once and KILL when the grace is over.
class Ending {
 public:
  explicit Ending(pid_t group) : group_(group) {}
  void ask() {
    if (asked_at_ == 0) {
      asked_at_ = monotonic_seconds();
      ::kill(-group_, SIGTERM);
    } else if (monotonic_seconds() - asked_at_ > kGraceSeconds) {
      ::kill(-group_, SIGKILL);
    }
  }

 private:
  pid_t group_;
  double asked_at_ = 0;
};

// Waits for the process's exit while draining its output; says why it was ended early, if it was.
void supervise(const ProcessRequest& request, const Started& started, double begin, Tail& tail,
               ProcessEnd& end) {
  const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, started.pid, 0)));
  Ending ending(started.pid);
  pollfd watched[2] = {{process.get(), POLLIN, 0}, {started.output.get(), POLLIN, 0}};
  for (;;) {
    ::poll(watched, 2, 50);
    drain(started.output.get(), tail);
    if (watched[1].revents & (POLLHUP | POLLERR)) watched[1].fd = -1;
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(started.pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid != 0)
      return;
    if (request.timeout_seconds > 0 && monotonic_seconds() - begin > request.timeout_seconds)
      end.timed_out = true;
    if (interrupt_requested()) end.interrupted = !end.timed_out;
    if (end.timed_out || end.interrupted) ending.ask();
  }
}

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGHUP, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool interrupt_requested() { return interrupts > 0; }
int interrupt_count() { return interrupts; }

ProcessEnd run_process(const ProcessRequest& request) {
  ProcessEnd end;
  const double begin = monotonic_seconds();
  const Started started = start(request);
  if (started.error != 0) {
    end.start_error = std::strerror(started.error);
    return end;
  }
  end.started = true;
  ::fcntl(started.output.get(), F_SETFL, O_NONBLOCK);
  Tail tail(request.output_tail_bytes);
  supervise(request, started, begin, tail, end);
  int status = 0;
  rusage usage{};
  while (::wait4(started.pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  ::kill(-started.pid, SIGKILL);  // what it left behind in its group
  end.duration_s = monotonic_seconds() - begin;
  end.peak_memory_bytes = int64_t{usage.ru_maxrss} * 1024;
  if (WIFEXITED(status)) end.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  end.output_tail = tail.take();
  return end;
}

}  // namespace testloom
