#include "engine/local/attempt_answer.h"

#include <sys/wait.h>

#include <boost/json.hpp>
#include <csignal>
#include <cstring>
#include <fstream>
#include <optional>

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"

namespace testloom {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr size_t kMaxResultBytes = 64 << 20;
constexpr int kUnwrittenStatus = 74;             // of runner.py
constexpr uintmax_t kLeastRoomBytes = 64 << 10;  // a disk with less is full

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
bool take_object(const json::object& answer, Outcome& result) {
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
  if (const json::value* versions = answer.if_contains("environment"); versions && versions->is_object())
    result.environment_json = ascii_json(*versions);
  if (const json::object* facts = returned->if_object()) {
    const json::value* device = facts->if_contains("peak_device_memory_bytes");
    if (device && device->is_int64()) result.peak_device_memory_bytes = device->get_int64();
  }
  return true;
}

}  // namespace

bool take_answer(const fs::path& file, Outcome& outcome) {
  const std::optional<json::object> answer = read_answer(file);
  return answer && take_object(*answer, outcome);
}

void check_room(int status, const fs::path& file) {
  if (!WIFEXITED(status) || WEXITSTATUS(status) != kUnwrittenStatus) return;
  std::error_code error;
  const fs::space_info space = fs::space(file.parent_path(), error);
  if (!error && space.available >= kLeastRoomBytes) return;
  throw Error(
      ErrorKind::engine,
      fmt::format("there is no room for a test's result in {}", quote(file.parent_path().native(), 400)),
      "free some space; what was reported before is kept, and `testloom run --resume` goes on");
}

void take_exit(int status, bool kernel_killed_for_memory, Outcome& outcome) {
  if (WIFEXITED(status)) {
    outcome.outcome = outcome::crashed;
    outcome.reason = fmt::format("exited with status {} and no result", WEXITSTATUS(status));
  } else if (WTERMSIG(status) == SIGKILL && kernel_killed_for_memory) {
    outcome.outcome = outcome::oom;
    outcome.reason = kKernelEnded;
  } else {
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    outcome.outcome = outcome::crashed;
    outcome.reason = fmt::format("SIG{}", name ? name : std::to_string(WTERMSIG(status)));
  }
}

int64_t kernel_oom_kills() {
  std::ifstream file("/proc/vmstat");
  std::string name;
  for (int64_t count = 0; file >> name >> count;) {
    if (name == "oom_kill") return count;
  }
  return 0;
}

}  // namespace testloom
