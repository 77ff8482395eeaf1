#include "base/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "base/text.h"
#include "testloom/error.h"

namespace testloom {

namespace {

struct Unit {
  std::string_view name;
  double factor;
};

// A number with one of the units; nothing where it is none, not above 0, or over the limit.
std::optional<double> measure_of(std::string_view text, std::span<const Unit> units, double limit) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string unit(trimmed(text.substr(static_cast<size_t>(end - text.data()))));
  std::ranges::transform(unit, unit.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const auto found = std::ranges::find(units, std::string_view(unit), &Unit::name);
  if (error != std::errc() || found == units.end() || !(number > 0) || !(number * found->factor <= limit))
    return std::nullopt;
  return number * found->factor;
}

}  // namespace

std::string show_seconds(double seconds) {
  if (seconds < 1) return fmt::format("{:.3g} ms", seconds * 1000);
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} m {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} m", whole / 3600, whole / 60 % 60);
}

std::string show_bytes(double bytes) {
  if (bytes < 1e9) return fmt::format("{:.0f} MB", bytes / 1e6);
  return fmt::format("{:.3g} GB", bytes / 1e9);
}

int64_t bytes_of(std::string_view text) {
  constexpr std::array<Unit, 13> units = {{{"", 1},
                                           {"b", 1},
                                           {"k", 1e3},
                                           {"kb", 1e3},
                                           {"m", 1e6},
                                           {"mb", 1e6},
                                           {"g", 1e9},
                                           {"gb", 1e9},
                                           {"tb", 1e12},
                                           {"kib", 1 << 10},
                                           {"mib", 1 << 20},
                                           {"gib", 1 << 30},
                                           {"tib", 1099511627776.0}}};
  const std::optional<double> bytes = measure_of(text, units, 1e18);
  if (bytes) return static_cast<int64_t>(*bytes);
  throw Error(ErrorKind::usage, fmt::format("{} is no size of memory", quote(text, 40)),
              "write it like 24GB, 16GiB or 512MB");
}

double seconds_of(std::string_view text) {
  constexpr std::array<Unit, 5> units = {{{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"ms", 0.001}}};
  const std::optional<double> seconds = measure_of(text, units, 1e9);
  if (seconds) return *seconds;
  throw Error(ErrorKind::usage, fmt::format("{} is no time", quote(text, 40)),
              "write it like 90 (seconds), 90s, 10m or 2h");
}

}  // namespace testloom
