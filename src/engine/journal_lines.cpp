#include "engine/journal_lines.h"

#include <limits>
#include <utility>

#include <simdjson.h>

namespace testloom {

namespace ondemand = simdjson::ondemand;

static_assert(LineReader::padding >= simdjson::SIMDJSON_PADDING);

namespace {

// The years 1 to 9999: what every client of DuckDB can show.
constexpr int64_t kEarliest = -62135596800000000, kLatest = 253402300799999999;

bool is_time(const std::optional<int64_t>& microseconds) {
  return microseconds && *microseconds >= kEarliest && *microseconds <= kLatest;
}

bool is_small(int64_t number) {
  return number >= std::numeric_limits<int32_t>::min() && number <= std::numeric_limits<int32_t>::max();
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

template <typename T>
LineValue value_or_none(simdjson::simdjson_result<T> read) {
  T value;
  if (std::move(read).get(value)) return {};
  return value;
}

LineValue json_text(ondemand::value& value) {
  ondemand::json_type type;
  if (value.type().get(type)) return {};
  ondemand::object object;
  if (type == ondemand::json_type::object && !value.get_object().get(object)) {
    return value_or_none(object.raw_json());
  }
  ondemand::array array;
  if (type == ondemand::json_type::array && !value.get_array().get(array)) {
    return value_or_none(array.raw_json());
  }
  return {};
}

LineValue value_of(ondemand::value& value, KeyKind kind) {
  switch (kind) {
    case KeyKind::text:
      return value_or_none(value.get_string());
    case KeyKind::integer:
      return value_or_none(value.get_int64());
    case KeyKind::real:
      return value_or_none(value.get_double());
    case KeyKind::json:
      return json_text(value);
  }
  return {};
}

// Keys mostly stand in the table's order, so that the one after the last one is looked at first.
std::optional<size_t> find_key(std::string_view name, size_t guess) {
  for (size_t i = 0; i < kLineKeys.size(); ++i) {
    const size_t key = guess + i < kLineKeys.size() ? guess + i : guess + i - kLineKeys.size();
    if (kLineKeys[key].name == name) return key;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::array<uint64_t, 2>> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::array<uint64_t, 2> halves{};
  size_t digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int digit = digit_of(text[i]);
    if (digit < 0) return std::nullopt;
    uint64_t& half = halves[digits++ / 16];
    half = half << 4 | static_cast<uint64_t>(digit);
  }
  return halves;
}

struct LineReader::Json {
  ondemand::parser parser;
};

LineReader::LineReader() : json_(std::make_unique<Json>()) {}
LineReader::~LineReader() = default;

// Whether the line is one JSON object and nothing else. What is inside of an inner one is only counted.
bool LineReader::read_values(std::string_view line) {
  values_.fill({});
  ondemand::document document;
  ondemand::object object;
  if (line.size() > longest ||
      json_->parser.iterate(line.data(), line.size(), line.size() + padding).get(document) ||
      document.get_object().get(object)) {
    return false;
  }
  size_t guess = 0;
  for (auto each : object) {
    ondemand::field field;
    std::string_view name;
    if (std::move(each).get(field) || field.unescaped_key().get(name)) return false;
    const std::optional<size_t> key = find_key(name, guess);
    if (!key) continue;
    values_[*key] = value_of(field.value(), kLineKeys[*key].kind);
    guess = *key + 1;
  }
  const char* rest = nullptr;
  return document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS;
}

// Has all that an outcome has to have, in the limits of the store's columns.
bool LineReader::is_outcome() {
  LineValue& repetition = values_[line_key("repetition")];
  if (std::holds_alternative<std::monostate>(repetition)) repetition = int64_t{1};
  LineValue& cores = values_[line_key("cores")];
  if (std::holds_alternative<int64_t>(cores) && !is_small(std::get<int64_t>(cores))) cores = {};
  const auto id = parse_uuid(text(line_key("test_id")));
  const std::optional<int64_t> number = integer(line_key("attempt"));
  if (!id || !number || !is_small(*number) || !is_small(std::get<int64_t>(repetition))) return false;
  attempt_ = {*id, std::get<int64_t>(repetition), *number};
  return !text(line_key("outcome")).empty() &&
         std::holds_alternative<std::string_view>(values_[line_key("case")]) &&
         is_time(integer(line_key("started_at_us")));
}

LineType LineReader::read(std::string_view line) {
  if (!read_values(line)) return LineType::none;
  const std::string_view type = text(line_key("type"));
  if (type == "outcome" && is_outcome()) return LineType::outcome;
  if (type == "run" && !text(line_key("run_id")).empty() && integer(line_key("plan_id")) &&
      is_small(*integer(line_key("plan_id"))) && is_time(integer(line_key("started_at_us")))) {
    return LineType::run;
  }
  if (type == "resume" && is_time(integer(line_key("resumed_at_us")))) return LineType::resume;
  if (type == "end" && is_time(integer(line_key("ended_at_us")))) return LineType::end;
  return LineType::none;
}

std::string_view LineReader::text(size_t key) const {
  const auto* text = std::get_if<std::string_view>(&values_[key]);
  return text ? *text : std::string_view();
}

std::optional<int64_t> LineReader::integer(size_t key) const {
  const auto* number = std::get_if<int64_t>(&values_[key]);
  return number ? std::optional(*number) : std::nullopt;
}

}  // namespace testloom
