#include "oracle_child.h"

#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace testloom {

void report(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

namespace {

// The fuzzer's own clock interrupts calls.
template <typename Call>
ssize_t again(Call call) {
  for (;;) {
    const ssize_t result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

}  // namespace

OracleChild::OracleChild(const char* mode, std::string greeting)
    : mode_(mode), greeting_(std::move(greeting)) {
  std::signal(SIGPIPE, SIG_IGN);
  start();
}

OracleChild::~OracleChild() { stop(); }

void OracleChild::start() {
  int to_child[2], from_child[2];
  if (pipe(to_child) != 0 || pipe(from_child) != 0) report("no pipe for Python");
  pid_ = fork();
  if (pid_ == 0) {
    dup2(to_child[0], 0);
    dup2(from_child[1], 1);
    for (const int fd : {to_child[0], to_child[1], from_child[0], from_child[1]}) close(fd);
    const char* chosen = std::getenv("TESTLOOM_TEST_PYTHON");
    const char* python = chosen && *chosen ? chosen : "python3";
    execlp(python, python, TESTLOOM_SOURCE_DIR "/fuzz/oracle_child.py", mode_, nullptr);
    _exit(127);
  }
  close(to_child[0]);
  close(from_child[1]);
  to_ = to_child[1];
  from_ = from_child[0];
  unread_.clear();
  if (!send(greeting_)) report("Python does not start");
}

void OracleChild::stop() {
  close(to_);
  close(from_);
  int status = 0;
  waitpid(pid_, &status, 0);
  if (WIFSIGNALED(status)) std::fprintf(stderr, "Python ended by signal %d\n", WTERMSIG(status));
}

bool OracleChild::send(const std::string& line) {
  for (size_t done = 0; done < line.size();) {
    const ssize_t written = again([&] { return write(to_, line.data() + done, line.size() - done); });
    if (written <= 0) return false;
    done += static_cast<size_t>(written);
  }
  return true;
}

std::string OracleChild::ask(const std::string& line) {
  bool there = send(line);
  char buffer[4096];
  size_t end;
  while (there && (end = unread_.find('\n')) == std::string::npos) {
    const ssize_t got = again([&] { return read(from_, buffer, sizeof buffer); });
    there = got > 0;
    if (there) unread_.append(buffer, static_cast<size_t>(got));
  }
  if (!there) {
    if (++gone_ == 10) report("the Python that is asked is gone again and again");
    std::fprintf(stderr, "Python is gone over %s", line.c_str());
    stop();
    start();
    return "gone";
  }
  const std::string answer = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return answer;
}

}  // namespace testloom
