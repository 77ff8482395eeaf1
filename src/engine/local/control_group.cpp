#include "engine/local/control_group.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <regex>

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr double kEndSeconds = 2;  // that what was killed may take to go
// What a group may hold that is used again; on machines with many cores the kernel's figures are behind by
// some megabytes.
constexpr int64_t kSmallBytes = 32 << 20;
constexpr int64_t kNearlyFullBytes = 1 << 20;
constexpr int kMostTries = 10;
constexpr std::string_view kPrefix = "testloom-", kProgramSuffix = ".program";

// What is looked at tens of times a second goes over a budget by so much before it is seen; what the kernel
// keeps for processes counts in groups too. The test's limit comes first, so that the kernel ends that test.
int64_t limit_of_test(int64_t budget) { return budget + std::max<int64_t>(budget / 16, 128 << 20); }
int64_t limit_of_run(int64_t budget) { return budget + std::max<int64_t>(budget / 8, 256 << 20); }

bool is_of_run(const std::string& name) {
  static const std::regex shape("testloom-[0-9]{8}-[0-9]{9}-[0-9a-f]{4}(\\.program)?");
  return std::regex_match(name, shape);
}

// Nothing where another has it, or where it is not there any more.
FileDescriptor lock_on(const fs::path& folder, int how) {
  FileDescriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file || ::flock(file.get(), how) != 0) return {};
  struct stat held {
  }, there{};
  const bool is_there = ::fstat(file.get(), &held) == 0 && ::stat(folder.c_str(), &there) == 0 &&
                        held.st_ino == there.st_ino && held.st_dev == there.st_dev;
  return is_there ? std::move(file) : FileDescriptor();
}

// Between making and locking, another run may take it for one that was left, and remove it.
FileDescriptor make_locked(const fs::path& folder, const GroupFiles& files) {
  for (int number = 0; number < kMostTries; ++number) {
    if (!files.make(folder)) return {};
    if (FileDescriptor lock = lock_on(folder, LOCK_EX)) return lock;
    if (::access(folder.c_str(), F_OK) == 0) break;  // it cannot be locked here
  }
  files.remove(folder);
  return {};
}

}  // namespace

void remove_groups_of_killed_runs(const fs::path& place, const GroupFiles& files) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator at(place, error), end; !error && at != end; at.increment(error)) {
    if (is_of_run(at->path().filename().native())) found.push_back(at->path());
  }
  for (const fs::path& folder : found) {
    if (const FileDescriptor lock = lock_on(folder, LOCK_EX | LOCK_NB))
      remove_group(folder, files, kEndSeconds);
  }
}

TestGroup::TestGroup(RunGroups& groups, fs::path folder, int64_t held_before)
    : groups_(groups), folder_(std::move(folder)), held_before_(held_before) {}

TestGroup::~TestGroup() { groups_.give_back(*this); }

int64_t TestGroup::held_bytes() const {
  return std::max<int64_t>(0, groups_.held_in(folder_) - held_before_);
}

// A limit is reached also where dropping pages of files is enough: it says why only where a process was
// ended.
std::optional<KernelEnd> TestGroup::kernel_end() const {
  const GroupNames& names = groups_.names_;
  if (groups_.number_in(folder_ / names.kills, names.kills_key) == 0) return std::nullopt;
  if (groups_.was_full(folder_, groups_.test_limit_))
    return KernelEnd{groups_.budget_bytes_, groups_.test_limit_};
  const bool all_together = groups_.was_full(groups_.run_, groups_.run_limit_);
  return KernelEnd{all_together ? groups_.budget_bytes_ : 0, 0};
}

RunGroups::RunGroups(const GroupPlace& place, const GroupFiles& files, int64_t budget_bytes)
    : place_(place), files_(files), names_(names_of_version(place.version)), budget_bytes_(budget_bytes) {
  if (budget_bytes <= 0) return;
  run_limit_ = limit_of_run(budget_bytes);
  test_limit_ = limit_of_test(budget_bytes);
}

std::unique_ptr<RunGroups> RunGroups::make(const GroupPlace& place, const std::string& run_id,
                                           int64_t budget_bytes, const GroupFiles& files) {
  if (place.version == 0) return nullptr;
  remove_groups_of_killed_runs(place.folder, files);
  std::unique_ptr<RunGroups> groups(new RunGroups(place, files, budget_bytes));
  return groups->make_groups(run_id) ? std::move(groups) : nullptr;
}

// What was made of it until something failed is taken back by the destructor.
bool RunGroups::make_groups(const std::string& run_id) {
  const fs::path run = place_.folder / (std::string(kPrefix) + run_id);
  if (!is_of_run(run.filename().native())) return false;  // it would not be found again
  if (place_.version == 2 && !place_.is_enabled) {
    if (!place_.own.empty() && !move_program(run_id)) return false;
    if (!files_.write(place_.folder / "cgroup.subtree_control", "+memory")) return false;
  }
  run_lock_ = make_locked(run, files_);
  if (!run_lock_) return false;
  run_ = run;
  return set_up(run_, run_limit_) && let_count_memory();
}

// To groups below.
bool RunGroups::let_count_memory() {
  if (place_.version == 2) return files_.write(run_ / "cgroup.subtree_control", "+memory");
  const fs::path all_below = run_ / "memory.use_hierarchy";
  return keyed_number(files_.read(all_below), "") != 0 || files_.write(all_below, "1");
}

bool RunGroups::move_program(const std::string& run_id) {
  program_ = place_.folder / (std::string(kPrefix) + run_id + std::string(kProgramSuffix));
  program_lock_ = make_locked(program_, files_);
  if (!program_lock_) {
    program_.clear();
    return false;
  }
  return std::ranges::all_of(
      place_.own, [&](pid_t each) { return files_.write(program_ / "cgroup.procs", std::to_string(each)); });
}

void RunGroups::move_program_back() {
  files_.write(place_.folder / "cgroup.subtree_control", "-memory");
  for (const pid_t each : processes_in(program_, files_))
    files_.write(place_.folder / "cgroup.procs", std::to_string(each));
  files_.remove(program_);
}

// False where the files of memory are not there, since it is not counted.
bool RunGroups::set_up(const fs::path& group, int64_t limit) const {
  if (!files_.can_write(group / names_.limit)) return false;
  if (limit == 0) return true;
  const std::string bytes = std::to_string(limit);
  if (!files_.write(group / names_.limit, bytes)) return false;
  // What is at its limit is not to go on by swapping; there may be no such file, where there is no swap.
  files_.write(group / names_.swap_limit, place_.version == 1 ? bytes : "0");
  return true;
}

RunGroups::~RunGroups() {
  remove_left();
  if (!run_.empty()) remove_group(run_, files_, kEndSeconds);
  if (!program_.empty()) move_program_back();
}

// Groups are used again: a group that is removed keeps some kernel memory for as long as what its processes
// read stays in the page cache.
std::unique_ptr<TestGroup> RunGroups::take() {
  remove_left();
  if (!free_.empty()) {
    const Free used = std::move(free_.back());
    free_.pop_back();
    return std::make_unique<TestGroup>(*this, used.folder, used.held_bytes);
  }
  fs::path folder = run_ / std::to_string(made_ + 1);
  if (!files_.make(folder)) return nullptr;
  ++made_;
  if (set_up(folder, test_limit_)) {
    // All processes of a test are ended together; version 1 knows no such thing.
    if (place_.version == 2) files_.write(folder / "memory.oom.group", "1");
    return std::make_unique<TestGroup>(*this, std::move(folder), 0);
  }
  files_.remove(folder);
  return nullptr;
}

// What a test leaves in it may be processes that take a while to go, files in memory, which count until they
// are removed, and groups of its own; and what the kernel notes of it stays.
void RunGroups::give_back(const TestGroup& group) {
  const fs::path& folder = group.folder_;
  const bool is_empty = kill_all_in(folder, files_);
  struct stat facts {};
  const bool has_groups = ::stat(folder.c_str(), &facts) != 0 || facts.st_nlink > 2;
  const int64_t held = held_in(folder);
  const bool has_marks =
      was_full(folder, test_limit_) || number_in(folder / names_.kills, names_.kills_key) > 0;
  if (is_empty && !has_groups && !has_marks && held < kSmallBytes) {
    free_.push_back({folder, held});
  } else {
    left_.push_back(folder);
  }
}

bool RunGroups::was_full(const fs::path& group, int64_t limit) const {
  if (limit == 0) return false;
  if (names_.most.empty()) return number_in(group / names_.hits, names_.hits_key) > 0;
  return number_in(group / names_.most, "") > limit - kNearlyFullBytes;
}

int64_t RunGroups::held_in(const fs::path& group) const {
  const std::string text = files_.read(group / "memory.stat");
  return keyed_number(text, names_.anonymous).value_or(0) + keyed_number(text, names_.shared).value_or(0);
}

void RunGroups::remove_left() {
  std::erase_if(left_, [&](const fs::path& each) { return remove_group(each, files_, 0); });
}

int64_t RunGroups::number_in(const fs::path& file, std::string_view key) const {
  return keyed_number(files_.read(file), key).value_or(0);
}

}  // namespace testloom
