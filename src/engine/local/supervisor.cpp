#include "engine/local/supervisor.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

#include "base/clock.h"
#include "engine/local/guard.h"
#include "engine/local/process.h"
#include "engine/local/process_start.h"
#include "engine/local/process_tree.h"

namespace testloom {

namespace {

constexpr double kWarmSeconds = 120;  // that loading may take
constexpr int kMostLosses = 2;

sigset_t child_signal() {
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  return children;
}

}  // namespace

void hold_child_signals() {
  const sigset_t children = child_signal();
  ::sigprocmask(SIG_BLOCK, &children, nullptr);
}

Supervisor::Supervisor(std::filesystem::path files, int64_t memory_bytes, std::unique_ptr<RunGroups> groups)
    : files_(std::move(files)), memory_(memory_bytes), groups_(std::move(groups)) {
  hold_child_signals();
  const sigset_t children = child_signal();
  child_signals_ = FileDescriptor(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
}

Supervisor::~Supervisor() {
  for (const auto& [id, attempt] : attempts_) {
    if (attempt->is_running()) signal_tree(attempt->pid(), SIGKILL);
  }
  warm_.clear();
  end_all_below();
}

void Supervisor::start(AttemptStart start) {
  const int64_t id = start.id;
  auto made = std::make_unique<Attempt>(std::move(start));
  Attempt& attempt = *attempts_.emplace(id, std::move(made)).first->second;
  if (groups_) attempt.take_group(groups_->take());
  for (const auto& [other, running] : attempts_) {
    if (other == id) continue;
    running->note_beside(attempt.start().test->case_name);
    attempt.note_beside(running->start().test->case_name);
  }
  if (attempt.start().start == StartKind::fork && !refused_.contains(warm_key(attempt.start()))) {
    start_warm(attempt);
  } else {
    start_fresh(attempt);
  }
}

void Supervisor::start_command(int64_t id, const CommandStart& start) {
  auto command = std::make_unique<Command>(start, files_ / fmt::format("command-{}.txt", id));
  if (command->pid() < 0) {
    ended_commands_.push_back({id, "it could not be started"});
  } else {
    commands_[id] = std::move(command);
  }
}

void Supervisor::pause_command(int64_t id, bool paused) {
  const auto found = commands_.find(id);
  if (found != commands_.end()) found->second->pause(paused);
}

void Supervisor::start_fresh(Attempt& attempt) {
  const AttemptStart& asked = attempt.start();
  ProcessStart request;
  // The prefix is the user's own line of shell; the interpreter's is put after it word by word.
  if (!asked.launch.empty())
    request.command = {"/bin/sh", "-c", "exec " + asked.launch + " \"$@\"", "launch"};
  for (const std::string& word : {asked.python, (files_ / "runner.py").native(), attempt.test_file().native(),
                                  attempt.result_file().native()})
    request.command.push_back(word);
  request.folder = attempt.current_folder();
  request.environment = asked.parent_environment;
  request.environment.insert(request.environment.end(), asked.environment.begin(), asked.environment.end());
  request.output = attempt.output().writing_end();
  request.group = attempt.group_entry();
  request.is_test = true;
  const StartedProcess started = start_process(request);
  if (started.error != 0) {
    finish_unstarted(asked.id,
                     fmt::format("the interpreter did not start: {}", std::strerror(started.error)));
  } else {
    attempt.has_started(started.pid, StartKind::fresh);
  }
}

// What two tests must have in common to come from one parent. One that went with its parent gets its own.
std::string Supervisor::warm_key(const AttemptStart& start) const {
  std::string key = start.python;
  for (const auto& [name, value] : start.parent_environment) key += '\n' + name + '=' + value;
  for (const std::string& statement : start.statements) key += '\n' + statement;
  if (lost_.contains(start.id)) key += fmt::format("\n{}", start.id);
  return key;
}

void Supervisor::start_warm(Attempt& attempt) {
  const AttemptStart& asked = attempt.start();
  const std::string key = warm_key(asked);
  const auto found =
      std::find_if(warm_.begin(), warm_.end(), [&](const auto& each) { return each->key == key; });
  if (found != warm_.end()) return fork_from(**found, attempt);
  auto made = std::make_unique<Warm>();
  made->key = key;
  made->started_at = monotonic_seconds();
  made->parent = std::make_unique<WarmParent>(
      WarmStart{asked.python, files_, asked.statements, asked.parent_environment});
  warm_.push_back(std::move(made));
  fork_from(*warm_.back(), attempt);
}

void Supervisor::fork_from(Warm& warm, Attempt& attempt) {
  const AttemptStart& asked = attempt.start();
  if (!warm.is_ready) {
    warm.waiting.push_back(asked.id);
    return;
  }
  warm_of_[asked.id] = warm.key;
  // A parent that is gone says so itself, and its attempts are looked after then.
  warm.parent->fork({asked.id, attempt.test_file(), attempt.result_file(), attempt.current_folder(),
                     asked.environment, attempt.group_entry(), attempt.output().writing_end()});
}

void Supervisor::take_warm_events(Warm& warm) {
  for (const WarmEvent& event : warm.parent->events()) {
    take(warm, event);
    if (event.kind == WarmEvent::Kind::refused || event.kind == WarmEvent::Kind::gone)
      return;  // it is no more
  }
}

void Supervisor::take(Warm& warm, const WarmEvent& event) {
  const auto attempt = attempts_.find(event.id);
  const bool is_known = attempt != attempts_.end();
  switch (event.kind) {
    case WarmEvent::Kind::ready:
      warm.is_ready = true;
      for (const int64_t id : std::exchange(warm.waiting, {})) fork_from(warm, *attempts_.at(id));
      return;
    case WarmEvent::Kind::refused:
      return give_up(warm, event.reason);
    case WarmEvent::Kind::started:
      if (is_known) {
        attempt->second->has_started(event.pid, StartKind::fork);
      } else {  // interrupted meanwhile
        signal_tree(event.pid, SIGKILL);
      }
      return;
    case WarmEvent::Kind::failed:
      if (is_known) finish_unstarted(event.id, event.reason);
      return;
    case WarmEvent::Kind::ended:
      if (is_known) finish(event.id, {event.status, event.peak_memory_bytes});
      return;
    case WarmEvent::Kind::gone:
      return warm.is_ready ? lose(warm) : give_up(warm, event.reason.empty() ? "it ended" : event.reason);
  }
}

// Nothing can be forked from this parent: its attempts start afresh, and so do all like them.
void Supervisor::give_up(Warm& warm, const std::string& reason) {
  refused_[warm.key] = reason;
  note(fmt::format("tests start in interpreters of their own, not from one that has loaded {}: {}",
                   warm.key.find("import") == std::string::npos ? "the runner" : "their imports", reason));
  const std::deque<int64_t> waiting = std::exchange(warm.waiting, {});
  std::erase_if(warm_, [&](const auto& each) { return each.get() == &warm; });
  for (const int64_t id : waiting) start_fresh(*attempts_.at(id));
}

// The parent was ended by one of its tests, and with it all of them: each begins again, from a parent of its
// own, so that only the one that did it is hit again.
void Supervisor::lose(Warm& warm) {
  const std::string key = warm.key;
  std::erase_if(warm_, [&](const auto& each) { return each.get() == &warm; });
  end_strays();
  std::vector<int64_t> lost;
  for (const auto& [id, parent] : warm_of_) {
    if (parent == key) lost.push_back(id);
  }
  for (const int64_t id : lost) {
    warm_of_.erase(id);
    const auto found = attempts_.find(id);
    if (found == attempts_.end()) continue;
    const bool is_done = std::filesystem::exists(found->second->result_file());
    if (is_done || ++lost_[id] >= kMostLosses || found->second->is_asked_to_end()) {
      finish(id, {SIGKILL, 0});
      continue;
    }
    AttemptStart again = found->second->start();
    attempts_.erase(found);
    start(std::move(again));
  }
}

std::vector<Attempt*> Supervisor::running_attempts() const {
  std::vector<Attempt*> running;
  for (const auto& [id, attempt] : attempts_) {
    if (attempt->is_running()) running.push_back(attempt.get());
  }
  return running;
}

void Supervisor::reap() {
  signalfd_siginfo room[16];
  while (::read(child_signals_.get(), room, sizeof room) > 0) {
  }
  int status = 0;
  rusage usage{};
  for (pid_t pid; (pid = ::wait4(-1, &status, WNOHANG, &usage)) > 0;) {
    for (const auto& warm : warm_) {
      if (warm->parent->pid() == pid) warm->parent->mark_ended();
    }
    const auto found = std::find_if(attempts_.begin(), attempts_.end(), [&](const auto& each) {
      return each.second->pid() == pid && each.second->how() == StartKind::fresh;
    });
    if (found != attempts_.end()) finish(found->first, {status, int64_t{usage.ru_maxrss} * 1024});
    std::erase_if(commands_, [&](const auto& each) {
      if (each.second->pid() != pid) return false;
      ended_commands_.push_back({each.first, each.second->finish(status)});
      return true;
    });
  }
}

// Each test adopts what its descendants leave behind; what is a child of this process without having been
// started here has outlived its test.
void Supervisor::end_strays() {
  for (const pid_t child : own_children()) {
    const bool is_warm = std::any_of(warm_.begin(), warm_.end(),
                                     [&](const auto& each) { return each->parent->pid() == child; });
    const bool is_test = std::any_of(attempts_.begin(), attempts_.end(),
                                     [&](const auto& each) { return each.second->pid() == child; });
    const bool is_command = std::any_of(commands_.begin(), commands_.end(),
                                        [&](const auto& each) { return each.second->pid() == child; });
    if (!is_warm && !is_test && !is_command) signal_tree(child, SIGKILL);
  }
}

void Supervisor::finish(int64_t id, const ProcessExit& exit) {
  const auto found = attempts_.find(id);
  const pid_t pid = found->second->pid();
  if (pid > 0) ::kill(-pid, SIGKILL);  // what it left behind in its group
  end_strays();
  ended_.push_back({id, found->second->finish(exit)});
  attempts_.erase(found);
  warm_of_.erase(id);
}

void Supervisor::finish_unstarted(int64_t id, const std::string& reason) {
  const auto found = attempts_.find(id);
  ended_.push_back({id, found->second->finish_unstarted(reason)});
  attempts_.erase(found);
  warm_of_.erase(id);
}

// A test may have stopped its parent, or left it so that it says nothing any more.
void Supervisor::look_after_warm_parents() {
  for (const auto& warm : warm_) {
    if (warm->parent->pid() > 0) ::kill(warm->parent->pid(), SIGCONT);
    for (const auto& [id, key] : warm_of_) {
      const auto found = attempts_.find(id);
      if (key == warm->key && found != attempts_.end() && found->second->is_overdue() &&
          warm->parent->pid() > 0)
        ::kill(warm->parent->pid(), SIGKILL);
    }
  }
}

double Supervisor::next_due(double now, double latest) const {
  double due = latest;
  bool any = false;
  for (const auto& [id, attempt] : attempts_) {
    due = std::min(due, attempt->due());
    any = any || attempt->is_running();
  }
  for (const auto& [id, command] : commands_) due = std::min(due, command->due());
  if (any) due = std::min(due, std::max(now, memory_.next()));
  for (const auto& warm : warm_) {
    if (!warm->is_ready) due = std::min(due, warm->started_at + kWarmSeconds);
  }
  return due;
}

void Supervisor::wait_for_events(double seconds) {
  std::vector<pollfd> watched = {{child_signals_.get(), POLLIN, 0}, {guard_descriptor(), POLLIN, 0}};
  for (const auto& warm : warm_) watched.push_back({warm->parent->descriptor(), POLLIN, 0});
  for (const auto& [id, attempt] : attempts_) {
    if (attempt->is_running()) watched.push_back({attempt->output().descriptor(), POLLIN, 0});
  }
  for (const auto& [id, command] : commands_) watched.push_back({command->output().descriptor(), POLLIN, 0});
  const timespec time{static_cast<time_t>(seconds),
                      static_cast<long>((seconds - static_cast<double>(static_cast<time_t>(seconds))) * 1e9)};
  ::ppoll(watched.data(), watched.size(), &time, nullptr);
  if (guard_descriptor() >= 0 && (watched[1].revents & (POLLIN | POLLHUP)))
    throw Error(ErrorKind::interrupted, "the program was killed", "");
}

std::vector<AttemptEnd> Supervisor::wait(double seconds) {
  const double latest = monotonic_seconds() + seconds;
  const int interrupts = interrupt_count();
  for (;;) {
    const double now = monotonic_seconds();
    if (ended_.empty() && now < latest) wait_for_events(std::max(0.0, next_due(now, latest) - now));
    for (const auto& [id, attempt] : attempts_) {
      if (attempt->is_running()) attempt->output().drain();
    }
    for (const auto& [id, command] : commands_) {
      command->output().drain();
      command->tend();
    }
    reap();
    std::vector<Warm*> parents;
    for (const auto& warm : warm_) parents.push_back(warm.get());
    for (Warm* warm : parents) {
      const bool is_there =
          std::any_of(warm_.begin(), warm_.end(), [&](const auto& each) { return each.get() == warm; });
      if (is_there) take_warm_events(*warm);
    }
    for (const auto& [id, attempt] : attempts_) attempt->tend();
    for (size_t i = 0; i < warm_.size(); ++i) {
      if (!warm_[i]->is_ready && monotonic_seconds() > warm_[i]->started_at + kWarmSeconds) {
        give_up(*warm_[i], fmt::format("loading took more than {:g} s", kWarmSeconds));
        break;
      }
    }
    if (monotonic_seconds() >= memory_.next()) {
      look_after_warm_parents();
      memory_.look(running_attempts());
      end_strays();
    }
    if (!ended_.empty() || !ended_commands_.empty() || monotonic_seconds() >= latest ||
        interrupt_count() != interrupts)
      return std::exchange(ended_, {});
  }
}

void Supervisor::interrupt(bool at_once) {
  std::vector<int64_t> unstarted;
  for (const auto& [id, attempt] : attempts_) {
    if (!attempt->is_running()) {
      unstarted.push_back(id);
    } else if (at_once) {
      attempt->interrupt_at_once();
    } else {
      attempt->interrupt();
    }
  }
  for (const int64_t id : unstarted) attempts_.erase(id);
  for (const auto& warm : warm_) {
    std::erase_if(warm->waiting, [&](int64_t id) { return !attempts_.contains(id); });
  }
}

std::vector<std::string> Supervisor::take_notes() { return std::exchange(notes_, {}); }

void Supervisor::note(std::string text) {
  if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) notes_.push_back(std::move(text));
}

void Supervisor::forget_warm_parents() {
  std::erase_if(warm_, [&](const auto& warm) {
    if (!warm->waiting.empty()) return false;
    return std::none_of(warm_of_.begin(), warm_of_.end(),
                        [&](const auto& each) { return each.second == warm->key; });
  });
}

}  // namespace testloom
