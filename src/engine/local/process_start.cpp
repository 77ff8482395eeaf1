#include "engine/local/process_start.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/files.h"

namespace testloom {

namespace {

constexpr int kControl = 3;

void limit_test() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    if (files.rlim_max == RLIM_INFINITY || files.rlim_max > kTestOpenFiles) files.rlim_max = kTestOpenFiles;
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  const rlimit none{};
  ::setrlimit(RLIMIT_CORE, &none);
}

// One that cannot be entered is done without.
void enter_group(const char* entry) {
  const int file = ::open(entry, O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  if (::write(file, "0", 1) < 0) errno = 0;
  ::close(file);
}

bool place_descriptors(const ProcessStart& request) {
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing < 0 || ::dup2(nothing, 0) < 0 || ::dup2(request.output, 1) < 0 || ::dup2(request.output, 2) < 0)
    return false;
  if (request.control < 0) return true;
  if (request.control == kControl) return ::fcntl(kControl, F_SETFD, 0) == 0;
  return ::dup2(request.control, kControl) >= 0;
}

// In the child: only calls that are safe between fork and exec. A failure's errno goes up `report`.
[[noreturn]] void become(const ProcessStart& request, char* const* argv, char* const* environment,
                         pid_t parent, int report) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it ended before it could be watched
  if (!request.group.empty()) enter_group(request.group.c_str());
  if (place_descriptors(request) && ::chdir(request.folder.c_str()) == 0) {
    if (request.is_test) limit_test();
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) std::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execvpe(argv[0], argv, environment);
  }
  const int error = errno;
  if (::write(report, &error, sizeof error) < 0) ::_exit(126);
  ::_exit(127);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// This program's environment with what is to be set in it.
std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& changes) {
  std::vector<std::string> all;
  for (char** each = environ; *each; ++each) {
    const std::string_view entry = *each;
    const std::string_view name = entry.substr(0, entry.find('='));
    bool is_changed = false;
    for (const auto& change : changes) is_changed = is_changed || change.first == name;
    if (!is_changed) all.emplace_back(entry);
  }
  for (const auto& [name, value] : changes) all.push_back(name + "=" + value);
  return all;
}

}  // namespace

StartedProcess start_process(const ProcessStart& request) {
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) return {-1, errno};
  const FileDescriptor report_start(report[0]);
  FileDescriptor report_end(report[1]);
  const std::vector<std::string> environment = environment_with(request.environment);
  const std::vector<char*> argv = pointers(request.command), variables = pointers(environment);
  const pid_t parent = ::getpid();
  StartedProcess started;
  started.pid = ::fork();
  if (started.pid == 0) become(request, argv.data(), variables.data(), parent, report_end.get());
  if (started.pid < 0) return {-1, errno};
  report_end.close();
  if (::read(report_start.get(), &started.error, sizeof started.error) == sizeof started.error) {
    ::waitpid(started.pid, nullptr, 0);
    return {-1, started.error};
  }
  return {started.pid, 0};
}

}  // namespace testloom
