#include "engine/local/model_fetch.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace testloom {

namespace {

constexpr double kFetchSeconds = 12 * 3600;
constexpr size_t kMostNotes = 5;

CommandStart command_for(const HubModel& model, const std::filesystem::path& script) {
  CommandStart start;
  start.command = {model.use->python, "-W", "ignore", script.native(), model.location};
  start.environment = model.use->environment;
  start.environment.emplace_back("HF_HUB_DISABLE_PROGRESS_BARS", "1");
  start.timeout_seconds = kFetchSeconds;
  return start;
}

}  // namespace

ModelFetches::ModelFetches(std::vector<HubModel> models, std::filesystem::path script, int most,
                           std::optional<int64_t> cache_bytes, size_t tests)
    : models_(std::move(models)),
      room_(models_, cache_bytes, tests),
      script_(std::move(script)),
      most_(most),
      tests_(tests) {
  for (size_t i = 0; i < models_.size(); ++i) {
    if (!models_[i].loading.empty()) fetches_.push_back(i);
  }
}

std::vector<std::vector<size_t>> ModelFetches::waiting() const {
  std::vector<std::vector<size_t>> waiting;
  for (const size_t model : fetches_) waiting.push_back(models_[model].loading);
  return waiting;
}

std::vector<bool> ModelFetches::closed_to_tests(const Schedule& schedule) const {
  if (fetches_.empty()) return {};
  std::vector<bool> closed(schedule.group_of(tests_) + 1, false);
  closed.back() = true;
  return closed;
}

bool ModelFetches::start_next(Schedule& schedule, Supervisor& supervisor, int64_t command_id,
                              bool tests_run) {
  if (fetches_.empty() || static_cast<int>(running_.size()) >= most_) return false;
  std::vector<bool> closed = closed_to_tests(schedule);
  closed.flip();
  std::optional<size_t> next;
  while ((next = schedule.peek(closed))) {
    if (room_.has_tests_left(fetches_[*next - tests_])) break;
    schedule.take(*next);
    schedule.passed(*next);
  }
  if (!next) return false;
  const size_t fetch = *next - tests_, model = fetches_[fetch];
  if ((tests_run || !is_idle()) && room_.is_full(model)) return false;
  schedule.take(*next);
  running_[command_id] = fetch;
  room_.fetch_begins(model);
  supervisor.start_command(command_id, command_for(models_[model], script_));
  return true;
}

bool ModelFetches::take_end(const CommandEnd& end, Schedule& schedule) {
  const auto found = running_.find(end.id);
  if (found == running_.end()) return false;
  const size_t fetch = found->second, model = fetches_[fetch];
  running_.erase(found);
  if (!end.failure.empty()) {
    failures_.push_back(
        fmt::format("{} could not be fetched ahead of its tests: {}", models_[model].location, end.failure));
  }
  room_.fetch_ends(model);
  schedule.passed(tests_ + fetch);
  return true;
}

void ModelFetches::pause(Supervisor& supervisor, bool paused) const {
  for (const auto& [id, fetch] : running_) supervisor.pause_command(id, paused);
}

std::vector<std::string> ModelFetches::names_running() const {
  std::vector<std::string> names;
  for (const auto& [id, fetch] : running_) names.push_back(models_[fetches_[fetch]].location);
  return names;
}

std::vector<std::string> ModelFetches::notes() const {
  const size_t shown = std::min(failures_.size(), kMostNotes);
  std::vector<std::string> notes(failures_.begin(), failures_.begin() + static_cast<std::ptrdiff_t>(shown));
  if (failures_.size() > shown) {
    notes.push_back(fmt::format("{} more could not be fetched ahead of their tests",
                                counted(failures_.size() - shown, "model")));
  }
  for (const std::string& note : room_.notes()) notes.push_back(note);
  return notes;
}

}  // namespace testloom
