// Downloads of models from the hub ahead of the tests that load them, as nodes of the run's schedule: each
// once, some at a time, in processes of their own, and within the room that the hub's cache may take. A
// download that fails leaves a note; its tests run and say what is wrong themselves.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/local/hub_models.h"
#include "engine/local/model_room.h"
#include "engine/local/supervisor.h"
#include "engine/schedule.h"

namespace testloom {

class ModelFetches {
 public:
  // `script` is fetch.py; `most` at once; `cache_bytes` as ModelRoom has it; `tests` is how many the run has.
  ModelFetches(std::vector<HubModel> models, std::filesystem::path script, int most,
               std::optional<int64_t> cache_bytes, size_t tests);
  ModelFetches(const ModelFetches&) = delete;
  ModelFetches& operator=(const ModelFetches&) = delete;

  // For each fetch the tests that wait for it, as schedule_of() takes them. Every `schedule` below is made
  // with them.
  std::vector<std::vector<size_t>> waiting() const;
  // By group: what is no test.
  std::vector<bool> closed_to_tests(const Schedule& schedule) const;
  // Starts the next one as a command of this id; false where it has to wait or there is none. While tests
  // run, none is started for a cache that is full: they may leave something to remove.
  bool start_next(Schedule& schedule, Supervisor& supervisor, int64_t command_id, bool tests_run);
  // False where the command is no fetch.
  bool take_end(const CommandEnd& end, Schedule& schedule);
  // Stops those that run, or lets them go on.
  void pause(Supervisor& supervisor, bool paused) const;
  // The test has its last outcome.
  void test_ended(size_t test) { room_.test_ended(test); }

  bool is_idle() const { return running_.empty(); }
  std::vector<std::string> names_running() const;
  // What users should know at the end.
  std::vector<std::string> notes() const;

 private:
  std::vector<HubModel> models_;
  ModelRoom room_;
  std::filesystem::path script_;
  int most_;
  size_t tests_;
  std::vector<size_t> fetches_;        // indexes of models
  std::map<int64_t, size_t> running_;  // fetches by the command's id
  std::vector<std::string> failures_;
};

}  // namespace testloom
