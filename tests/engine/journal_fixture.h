// A store, and runs and outcomes for its journals.
#pragma once

#include <fstream>
#include <string>

#include "engine/journal.h"
#include "support/store_fixture.h"

namespace testloom {

class JournalFixture : public StoreFixture {
 protected:
  static RunInfo info(const std::string& run_id) {
    return {run_id, 1, 1'769'900'000'000'000, "local", "python3", "host", "{}", R"({"jobs": 1})"};
  }

  static Outcome outcome_of(const std::string& last_digits, std::string_view word) {
    Outcome result;
    result.test_id = "00000000-0000-8000-8000-0000000000" + last_digits;
    result.case_name = "m'\n\"/cpu/t[batch_size=1]";
    result.outcome = word;
    result.started_at_us = 1'769'900'001'000'000;
    result.result_json = R"({"latency_s": {"p50": 0.5}})";
    return result;
  }

  static std::string content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static void write(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

  // The journal of a run that was killed after its outcomes.
  std::filesystem::path killed_run(const std::string& run_id, std::initializer_list<const char*> digits) {
    Journal journal(store->path(), info(run_id));
    for (const char* each : digits) journal.append(outcome_of(each, outcome::passed));
    return journal.path();
  }

  std::string count_outcomes() { return rows("SELECT count(*)::VARCHAR FROM outcomes").front(); }
};

}  // namespace testloom
