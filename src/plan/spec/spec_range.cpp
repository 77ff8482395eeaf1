// {range = [FIRST, LAST], step = ...} as the values that it stands for.
#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/spec/spec_values.h"

namespace testloom {

namespace {

constexpr std::string_view kSteps = "write step = 64, step = \"+64\" or step = \"x2\"";
constexpr std::string_view kForm = "write {range = [128, 2048], step = \"x2\"}";
constexpr std::string_view kKeys[] = {"range", "step"};

// Of integers or of floats.
struct Range {
  bool has_integers = false, has_floats = false;  // neither: its ends are a mistake
  int64_t first = 0, last = 0, step = 0;
  double first_number = 0, last_number = 0, step_number = 0;
  bool multiplies = false;
};

template <typename Number>
std::optional<Number> parse(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// How many digits stand behind the point, when the number is written as short as it can be.
int decimals(double number) {
  const std::string shortest = fmt::format("{}", number);
  const size_t e = std::min(shortest.find('e'), shortest.size());
  const size_t point = std::min(shortest.find('.'), e);
  const int behind = point < e ? static_cast<int>(e - point) - 1 : 0;
  const int exponent = e < shortest.size() ? std::stoi(shortest.substr(e + 1)) : 0;
  return behind - exponent;
}

class RangeReader {
 public:
  RangeReader(SpecReader& reader, const TomlNode& table, std::string_view name)
      : reader_(reader), table_(table), name_(quote(name, 60)) {}

  std::vector<Value> read() {
    reader_.check_keys(table_, fmt::format("the range of {}", name_), kKeys);
    const bool has_ends = read_ends();
    if (!read_step() || !has_ends) return {};
    return range_.has_floats ? add_numbers() : range_.multiplies ? multiply() : add_integers();
  }

 private:
  bool refuse(const SpecPlace& place, std::string message, std::string hint) {
    reader_.refuse(place, std::move(message), std::move(hint));
    return false;
  }

  bool read_ends() {
    const TomlEntry* entry = table_.find("range");
    if (!entry) return refuse(table_.place, fmt::format("{} has no range", name_), std::string(kForm));
    ends_ = entry->value.place;
    const std::vector<TomlNode>& items = entry->value.items;
    if (!entry->value.is(TomlKind::list) || items.size() != 2) {
      const std::string got = entry->value.is(TomlKind::list) ? counted(items.size(), "value")
                                                              : std::string(kind_words(entry->value.kind));
      return refuse(ends_, fmt::format("'range' must be two numbers, not {}", got),
                    "write the first and the last value, as in range = [128, 2048]");
    }
    for (const TomlNode& item : items) {
      const bool is_number = item.is(TomlKind::integer) || item.is(TomlKind::number);
      if (!is_number)
        return refuse(item.place, fmt::format("'range' must be two numbers, not {}", kind_words(item.kind)),
                      "write the first and the last value, as in range = [128, 2048]");
      if (item.is(TomlKind::number) && !std::isfinite(item.number()))
        return refuse(item.place, fmt::format("{} is no end of a range", item.number()),
                      "write finite numbers");
    }
    if (items[0].kind != items[1].kind) {
      const TomlNode& integer = items[0].is(TomlKind::integer) ? items[0] : items[1];
      return refuse(integer.place, "'range' mixes integers with floats: this is an integer",
                    fmt::format("write {}.0 for a float", integer.integer()));
    }
    range_.has_floats = items[0].is(TomlKind::number);
    range_.has_integers = !range_.has_floats;
    if (range_.has_floats) {
      range_.first_number = items[0].number();
      range_.last_number = items[1].number();
    } else {
      range_.first = items[0].integer();
      range_.last = items[1].integer();
    }
    const bool backwards =
        range_.has_floats ? range_.first_number > range_.last_number : range_.first > range_.last;
    if (!backwards) return true;
    return refuse(
        ends_, "the range goes backwards",
        fmt::format("write range = [{}, {}]", shown_value(items[1].scalar), shown_value(items[0].scalar)));
  }

  bool read_step() {
    const TomlEntry* entry = table_.find("step");
    if (!entry)
      return refuse(table_.place, fmt::format("the range of {} has no step", name_), std::string(kSteps));
    step_ = entry->value.place;
    const TomlNode& node = entry->value;
    if (node.is(TomlKind::integer)) return take_step(node.integer());
    if (node.is(TomlKind::number)) return take_step(node.number());
    if (!node.is(TomlKind::text))
      return refuse(
          step_,
          fmt::format("'step' must be a number or a text such as \"x2\", not {}", kind_words(node.kind)),
          std::string(kSteps));
    const std::string_view text = node.text();
    range_.multiplies = text.starts_with('x');
    const bool has_sign = range_.multiplies || text.starts_with('+');
    if (has_sign) {
      if (const auto integer = parse<int64_t>(text.substr(1))) return take_step(*integer);
      if (const auto number = parse<double>(text.substr(1))) return take_step(*number);
    }
    return refuse(step_, fmt::format("{} is no step", quote(text, 60)), std::string(kSteps));
  }

  template <typename Number>
  bool take_step(Number step) {
    constexpr bool is_float = std::is_same_v<Number, double>;
    if constexpr (is_float) {
      if (!std::isfinite(step))
        return refuse(step_, fmt::format("a step of {} leads nowhere", step), "write a finite number");
    }
    if (range_.multiplies && (range_.has_floats || is_float))
      return refuse(
          step_, is_float ? "a factor must be an integer" : "only ranges of integers can be multiplied",
          is_float ? "write step = \"x2\", or list the values" : "add, as in step = 0.5, or list the values");
    if (range_.multiplies && step < 2)
      return refuse(step_,
                    step == 1 ? "a range that is multiplied by 1 never ends"
                              : fmt::format("a range cannot be multiplied by {}", step),
                    "multiply by 2 or more, as in step = \"x2\"");
    if (step == 0) return refuse(step_, "a range with a step of 0 never ends", std::string(kSteps));
    if (step < 0)
      return refuse(step_, "the step is less than 0", "write it without the sign: ranges go upwards");
    range_.step_number = static_cast<double>(step);
    if constexpr (is_float) {
      if (range_.has_integers)
        return refuse(step_, "a range of integers has a step that is a float",
                      "write an integer, or the range in floats, as in range = [0.0, 1.0]");
    } else {
      range_.step = step;
    }
    return true;
  }

  std::vector<Value> refuse_count(const std::string& count) {
    refuse(table_.place,
           fmt::format("the range gives {} values; at most {} are allowed", count, kMaxRangeValues),
           "widen the step");
    return {};
  }

  std::vector<Value> add_integers() {
    const uint64_t distance = static_cast<uint64_t>(range_.last) - static_cast<uint64_t>(range_.first);
    const uint64_t steps = distance / static_cast<uint64_t>(range_.step);
    if (steps >= kMaxRangeValues)
      return refuse_count(steps == UINT64_MAX ? "2^64" : std::to_string(steps + 1));
    std::vector<Value> values;
    for (uint64_t i = 0; i <= steps; ++i) {
      // Without a sign, since steps may be longer than an integer with one.
      const uint64_t value = static_cast<uint64_t>(range_.first) + i * static_cast<uint64_t>(range_.step);
      values.push_back(static_cast<int64_t>(value));
    }
    return values;
  }

  std::vector<Value> multiply() {
    if (range_.first < 1) {
      refuse(ends_, fmt::format("a range that is multiplied cannot begin with {}", range_.first),
             "begin with 1 or more, or add, as in step = 64");
      return {};
    }
    std::vector<Value> values;
    for (int64_t value = range_.first;; value *= range_.step) {
      values.push_back(value);
      if (value > range_.last / range_.step) return values;
    }
  }

  // Sums are rounded to as many decimals as the first value and the step have, so that they are the numbers
  // that one would write.
  std::vector<Value> add_numbers() {
    const double estimate = (range_.last_number - range_.first_number) / range_.step_number;
    if (!(estimate < 2 * kMaxRangeValues))
      return refuse_count(std::isfinite(estimate) ? fmt::format("{:.3g}", estimate) : "far too many");
    const int digits = std::max({decimals(range_.first_number), decimals(range_.step_number), 0});
    const double scale = std::pow(10.0, digits);
    std::vector<Value> values;
    for (int64_t i = 0;; ++i) {
      double value = range_.first_number + static_cast<double>(i) * range_.step_number;
      const double scaled = value * scale;
      if (digits <= 22 && std::abs(scaled) < 9e15) value = std::round(scaled) / scale;
      if (value > range_.last_number) return values;
      if (!values.empty() && value == std::get<double>(values.back().data)) {
        refuse(step_, "the step is too small to change the values", "widen it");
        return {};
      }
      if (values.size() == kMaxRangeValues)
        return refuse_count(fmt::format("{:.0f}", std::floor(estimate) + 1));
      values.push_back(value);
    }
  }

  SpecReader& reader_;
  const TomlNode& table_;
  std::string name_;
  Range range_;
  SpecPlace ends_, step_;
};

}  // namespace

std::vector<Value> read_range(SpecReader& reader, const TomlNode& table, std::string_view name) {
  return RangeReader(reader, table, name).read();
}

}  // namespace testloom
