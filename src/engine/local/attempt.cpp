#include "engine/local/attempt.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <limits>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/units.h"
#include "engine/local/attempt_answer.h"
#include "engine/local/process_tree.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr double kGraceSeconds = 2;         // between TERM and KILL
constexpr double kKillEverySeconds = 0.05;  // until all is gone
constexpr double kOverdueSeconds = 5;       // after KILL
constexpr size_t kMostBeside = 16;

}  // namespace

Attempt::Attempt(AttemptStart start) : start_(std::move(start)), output_(start_.output_file) {
  std::error_code error;
  fs::create_directories(current_folder(), error);
  if (error) throw_file_error(ErrorKind::engine, "make", current_folder(), error.value());
  if (!start_.artifacts.empty()) {
    fs::remove_all(start_.artifacts, error);
    fs::create_directories(start_.artifacts, error);
    if (error) throw_file_error(ErrorKind::engine, "make", start_.artifacts, error.value());
  }
  write_file(test_file(), start_.content, ErrorKind::engine);
}

Attempt::~Attempt() {
  group_.reset();  // ends what is left in it
  std::error_code error;
  fs::remove_all(start_.folder, error);
}

void Attempt::has_started(pid_t pid, StartKind how) {
  pid_ = pid;
  how_ = how;
  began_ = monotonic_seconds();
  start_.outcome.started_at_us = utc_now_microseconds();
  if (!has_exact_count()) kernel_kills_before_ = kernel_oom_kills();
  output_.close_writing_end();
}

double Attempt::due() const {
  if (!is_running()) return std::numeric_limits<double>::infinity();
  if (asked_at_ > 0) return next_kill_;
  if (start_.timeout_seconds <= 0) return std::numeric_limits<double>::infinity();
  return began_ + start_.timeout_seconds;
}

void Attempt::tend() {
  const double now = monotonic_seconds();
  if (now < due()) return;
  if (asked_at_ == 0) {
    timed_out_ = true;
    return ask_to_end();
  }
  signal_tree(pid_, SIGKILL);
  next_kill_ = now + kKillEverySeconds;
}

bool Attempt::is_overdue() const {
  return asked_at_ > 0 && monotonic_seconds() - asked_at_ > kGraceSeconds + kOverdueSeconds;
}

void Attempt::ask_to_end() {
  if (asked_at_ > 0 || !is_running()) return;
  asked_at_ = monotonic_seconds();
  next_kill_ = asked_at_ + kGraceSeconds;
  signal_tree(pid_, SIGTERM);
}

void Attempt::interrupt() {
  interrupted_ = interrupted_ || asked_at_ == 0;
  ask_to_end();
}

void Attempt::interrupt_at_once() {
  interrupt();
  next_kill_ = 0;
  tend();
}

void Attempt::end_for_memory(std::string reason) {
  if (asked_at_ > 0) return;
  memory_reason_ = std::move(reason);
  asked_at_ = monotonic_seconds();
  next_kill_ = 0;
  tend();
}

// Empty where the kernel did not end any of it.
std::string Attempt::kernel_reason() {
  const std::optional<KernelEnd> end = group_ ? group_->kernel_end() : std::nullopt;
  if (!end) return "";
  note_memory(end->held_bytes);
  const std::string reason(kKernelEnded);
  if (end->budget_bytes == 0) return reason;
  return fmt::format("{}: all tests together may take {}", reason,
                     show_bytes(static_cast<double>(end->budget_bytes)));
}

void Attempt::heed_kernel() {
  if (std::string reason = kernel_reason(); !reason.empty()) end_for_memory(std::move(reason));
}

void Attempt::note_memory(int64_t bytes) { peak_tree_bytes_ = std::max(peak_tree_bytes_, bytes); }

void Attempt::note_beside(const std::string& case_name) {
  std::vector<std::string>& beside = start_.outcome.beside;
  if (beside.size() < kMostBeside && std::find(beside.begin(), beside.end(), case_name) == beside.end())
    beside.push_back(case_name);
}

Outcome Attempt::finish(const ProcessExit& exit) {
  Outcome& outcome = start_.outcome;
  outcome.duration_s = monotonic_seconds() - began_;
  outcome.start = how_ == StartKind::fork ? "fork" : "fresh";
  if (exit.peak_memory_bytes > 0) outcome.peak_memory_bytes = exit.peak_memory_bytes;
  if (memory_reason_.empty()) memory_reason_ = kernel_reason();
  const bool ended_early = timed_out_ || interrupted_ || !memory_reason_.empty();
  if (ended_early || !take_answer(result_file(), outcome)) {
    if (!memory_reason_.empty()) {
      outcome.outcome = outcome::oom;
      outcome.reason = memory_reason_;
    } else if (interrupted_) {
      outcome.outcome = outcome::interrupted;
    } else if (timed_out_) {
      outcome.outcome = outcome::timeout;
      outcome.reason = fmt::format("ended after {:g} s", start_.timeout_seconds);
    } else {
      check_room(exit.status, result_file());
      const bool ended_by_kernel = !has_exact_count() && kernel_oom_kills() > kernel_kills_before_;
      take_exit(exit.status, ended_by_kernel, outcome);
    }
  }
  if (peak_tree_bytes_ > outcome.peak_memory_bytes.value_or(0)) outcome.peak_memory_bytes = peak_tree_bytes_;
  keep_files(outcome);
  return std::move(outcome);
}

Outcome Attempt::finish_unstarted(std::string reason) {
  Outcome& outcome = start_.outcome;
  outcome.outcome = outcome::error;
  outcome.reason = std::move(reason);
  outcome.slot.clear();
  keep_files(outcome);
  return std::move(outcome);
}

// The paths in an outcome are relative to the folder of journals, which is two above the files.
void Attempt::keep_files(Outcome& outcome) {
  const auto relative = [](const fs::path& path) {
    return (path.parent_path().filename() / path.filename()).native();
  };
  output_.drain();
  output_.finish();
  std::error_code error;
  if (outcome.outcome == outcome::passed) {
    if (output_.has_file()) fs::remove(start_.output_file, error);
  } else {
    outcome.output_tail = output_.tail();
    if (output_.has_file()) outcome.output_file = relative(start_.output_file);
  }
  if (start_.artifacts.empty()) return;
  if (::rmdir(start_.artifacts.c_str()) != 0 && fs::exists(start_.artifacts, error))
    outcome.artifacts = relative(start_.artifacts);
}

}  // namespace testloom
