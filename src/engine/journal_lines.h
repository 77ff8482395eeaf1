// The lines of a journal as values: which keys there are, and a reader of one line, which tells what is none.
// Nothing that stands in a line can do more harm than to be left out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

namespace testloom {

enum class LineType {
  run,      // what the run is: the first line
  resume,   // the run goes on after it was ended or killed
  outcome,  // of one attempt, with all that an outcome has to have
  end,      // the run came to its end
  none,     // anything else: cut short, damaged, or of a later testloom
};

enum class KeyKind { text, integer, real, json };

struct LineKey {
  std::string_view name;
  KeyKind kind;
};

// The keys of all lines. Those from kFirstOutcomeKey on are an outcome's, named as the columns of `outcomes`
// but for started_at_us.
inline constexpr std::array kLineKeys = {
    LineKey{"type", KeyKind::text},
    LineKey{"run_id", KeyKind::text},
    LineKey{"plan_id", KeyKind::integer},
    LineKey{"engine", KeyKind::text},
    LineKey{"python", KeyKind::text},
    LineKey{"host", KeyKind::text},
    LineKey{"settings", KeyKind::json},
    LineKey{"ended_at_us", KeyKind::integer},
    LineKey{"resumed_at_us", KeyKind::integer},
    LineKey{"test_id", KeyKind::text},
    LineKey{"case", KeyKind::text},
    LineKey{"model_name", KeyKind::text},
    LineKey{"hardware_type", KeyKind::text},
    LineKey{"batch_size", KeyKind::integer},
    LineKey{"template_name", KeyKind::text},
    LineKey{"axes", KeyKind::json},
    LineKey{"repetition", KeyKind::integer},
    LineKey{"attempt", KeyKind::integer},
    LineKey{"outcome", KeyKind::text},
    LineKey{"started_at_us", KeyKind::integer},
    LineKey{"duration_s", KeyKind::real},
    LineKey{"peak_memory_bytes", KeyKind::integer},
    LineKey{"peak_device_memory_bytes", KeyKind::integer},
    LineKey{"estimated_memory_bytes", KeyKind::integer},
    LineKey{"estimated_host_memory_bytes", KeyKind::integer},
    LineKey{"cores", KeyKind::integer},
    LineKey{"beside", KeyKind::json},
    LineKey{"observed", KeyKind::text},
    LineKey{"reason", KeyKind::text},
    LineKey{"slot", KeyKind::text},
    LineKey{"start", KeyKind::text},
    LineKey{"error_type", KeyKind::text},
    LineKey{"error_message", KeyKind::text},
    LineKey{"traceback", KeyKind::text},
    LineKey{"output_tail", KeyKind::text},
    LineKey{"output_file", KeyKind::text},
    LineKey{"artifacts", KeyKind::text},
    LineKey{"environment", KeyKind::json},
    LineKey{"result", KeyKind::json},
};
inline constexpr size_t kFirstOutcomeKey = 9;

consteval size_t line_key(std::string_view name) {
  for (size_t i = 0; i < kLineKeys.size(); ++i) {
    if (kLineKeys[i].name == name) return i;
  }
  throw "no such key";  // does not compile where the key is not there
}

// Absent, null, or of another kind than the key's: monostate. JSON is an object's or array's text as it
// stands in the line, whose inside nobody has looked at.
using LineValue = std::variant<std::monostate, std::string_view, int64_t, double>;

// One attempt of a run.
struct AttemptKey {
  std::array<uint64_t, 2> test_id;
  int64_t repetition, attempt;
  bool operator==(const AttemptKey&) const = default;
};

// A UUID of 36 characters; nothing where it is none.
std::optional<std::array<uint64_t, 2>> parse_uuid(std::string_view text);

class LineReader {
 public:
  // Bytes that may be read behind a line's last one.
  static constexpr size_t padding = 64;
  // Longer lines are none.
  static constexpr size_t longest = 64 << 20;

  LineReader();
  ~LineReader();

  // The line without its newline. Its values are there until the next call, and as long as its bytes are.
  LineType read(std::string_view line);
  const LineValue& value(size_t key) const { return values_[key]; }
  std::string_view text(size_t key) const;  // empty where there is none
  std::optional<int64_t> integer(size_t key) const;
  // REQUIRES: read() said outcome.
  const AttemptKey& attempt() const { return attempt_; }

 private:
  struct Json;

  bool read_values(std::string_view line);
  bool is_outcome();

  std::unique_ptr<Json> json_;
  std::array<LineValue, kLineKeys.size()> values_;
  AttemptKey attempt_{};
};

}  // namespace testloom
