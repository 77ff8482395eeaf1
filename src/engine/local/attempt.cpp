#include "engine/local/attempt.h"

#include <boost/json.hpp>
#include <csignal>
#include <cstring>
#include <fstream>
#include <optional>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/text.h"
#include "engine/local/process.h"
#include "engine/test_outcome.h"

namespace testloom {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr size_t kMaxResultBytes = 64 << 20;

// How many processes the kernel has ended for want of memory since it started.
int64_t kernel_oom_kills() {
  std::ifstream file("/proc/vmstat");
  std::string name;
  for (int64_t count = 0; file >> name >> count;) {
    if (name == "oom_kill") return count;
  }
  return 0;
}

std::string text_of(const json::object& answer, std::string_view key) {
  const json::value* value = answer.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : "";
}

// ASCII JSON again, as the journal wants it.
std::string ascii_json(const json::value& value) {
  const std::string text = json::serialize(value);
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    if (point.value < 0x80) {
      out += text[at];
    } else {
      std::string literal;
      append_json_string(literal, std::string_view(text).substr(at, point.length));
      out += literal.substr(1, literal.size() - 2);
    }
    at += point.length;
  }
  return out;
}

// What the runner wrote, if it came to write it.
std::optional<json::object> read_answer(const fs::path& path) {
  if (!fs::exists(path)) return std::nullopt;
  try {
    json::parse_options options;
    options.max_depth = 256;
    return json::parse(read_file(path, kMaxResultBytes, ErrorKind::engine), {}, options).as_object();
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

// Fills the outcome from what the runner wrote; false when that is not the runner's.
bool take_answer(const json::object& answer, Outcome& result) {
  const std::string word = text_of(answer, "outcome");
  const bool known =
      word == outcome::passed || word == outcome::failed || word == outcome::error || word == outcome::oom;
  const json::value* returned = answer.if_contains("result");
  const json::value* error = answer.if_contains("error");
  if (!known || !returned || !error) return false;
  result.outcome = word;
  if (!returned->is_null()) result.result_json = ascii_json(*returned);
  if (const json::object* facts = error->if_object()) {
    result.error_type = text_of(*facts, "type");
    result.error_message = text_of(*facts, "message");
    result.traceback = text_of(*facts, "traceback");
  }
  const json::value* peak = answer.if_contains("peak_memory_bytes");
  if (peak && peak->is_int64()) result.peak_memory_bytes = peak->get_int64();
  return true;
}

// The process went without a result.
void take_end(const ProcessEnd& end, bool killed_for_memory, double timeout_seconds, Outcome& result) {
  if (!end.started) {
    result.outcome = outcome::error;
    result.reason = fmt::format("the interpreter did not start: {}", end.start_error);
  } else if (end.interrupted) {
    result.outcome = outcome::interrupted;
  } else if (end.timed_out) {
    result.outcome = outcome::timeout;
    result.reason = fmt::format("ended after {:g} s", timeout_seconds);
  } else if (end.signal == SIGKILL && killed_for_memory) {
    result.outcome = outcome::oom;
    result.reason = "the kernel ended it for want of memory";
  } else if (end.signal != 0) {
    result.outcome = outcome::crashed;
    result.reason = fmt::format("SIG{}", ::sigabbrev_np(end.signal) ? ::sigabbrev_np(end.signal) : "?");
  } else {
    result.outcome = outcome::crashed;
    result.reason = fmt::format("exited with status {} and no result", end.exit_status);
  }
}

}  // namespace

Outcome attempt_test(const PlannedTest& test, const std::string& content, const AttemptRequest& request) {
  Outcome result = outcome_of_test(test);
  std::error_code error;
  fs::create_directories(request.work_folder / "cwd", error);
  const fs::path file = request.work_folder / "test.py";
  const fs::path answer_file = request.work_folder / "result.json";
  write_file(file, content, ErrorKind::engine);

  const int64_t kills_before = kernel_oom_kills();
  const ProcessEnd end =
      run_process({{request.python, request.runner.native(), file.native(), answer_file.native()},
                   request.work_folder / "cwd",
                   request.timeout_seconds});
  const bool killed_for_memory = kernel_oom_kills() > kills_before;
  result.duration_s = end.duration_s;
  if (end.peak_memory_bytes > 0) result.peak_memory_bytes = end.peak_memory_bytes;
  const std::optional<json::object> answer = read_answer(answer_file);
  const bool answered = answer && !end.timed_out && !end.interrupted && take_answer(*answer, result);
  if (!answered) take_end(end, killed_for_memory, request.timeout_seconds, result);
  if (result.outcome != outcome::passed) result.output_tail = end.output_tail;
  fs::remove_all(request.work_folder, error);
  return result;
}

}  // namespace testloom
