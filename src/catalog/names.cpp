#include "catalog/names.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "model/family/family.h"
#include "testloom/error.h"

namespace testloom {

namespace {

constexpr size_t kMaxLabelBytes = 200;
constexpr size_t kMaxTextBytes = 64 * 1024;

[[noreturn]] void refuse(std::string message, std::string hint) {
  throw Error(ErrorKind::usage, std::move(message), std::move(hint));
}

void check_stored_text(std::string_view text, std::string_view what, size_t limit) {
  const size_t broken = find_invalid_utf8(text);
  if (broken != std::string_view::npos) {
    refuse(fmt::format("{} is not UTF-8 (byte {}): {}", what, broken + 1, quote(text)),
           "give it as UTF-8 text");
  }
  if (text.find('\0') != std::string_view::npos) {
    refuse(fmt::format("{} holds the character U+0000: {}", what, quote(text)),
           "it cannot be stored; leave it out");
  }
  if (text.size() > limit) {
    refuse(fmt::format("{} is {} bytes long; at most {} are allowed", what, text.size(), limit),
           "shorten it");
  }
}

std::string suggestion(std::string_view word, const std::vector<std::string_view>& known) {
  const std::string guess =
      word.size() < 4 ? "" : nearest(word, known);  // short names are all near to each other
  return guess.empty() ? "" : fmt::format("; did you mean '{}'?", guess);
}

void check_open_set(std::string_view word, std::string_view what, const std::vector<std::string_view>& known,
                    std::vector<std::string>& notes) {
  if (!is_name(word)) {
    refuse(fmt::format("{} is no {}", quote(word), what),
           fmt::format("one begins with a letter and has at most 64 of A-Z a-z 0-9 _ . -, such as {}",
                       known.front()));
  }
  if (std::find(known.begin(), known.end(), word) != known.end()) return;
  notes.push_back(fmt::format("{} '{}' is new here{}", what, word, suggestion(word, known)));
}

}  // namespace

void check_model_name(std::string_view name) {
  if (name.empty()) refuse("the model name is empty", "give the model's hub id or any name of your own");
  check_stored_text(name, "the model name", kMaxModelNameBytes);
}

void check_label(std::string_view name, std::string_view what) {
  if (trimmed(name).empty()) refuse(fmt::format("{} is empty", what), "give it one");
  check_stored_text(name, what, kMaxLabelBytes);
  for (size_t at = 0; at < name.size(); at += decode_utf8(name, at).length) {
    if (is_unprintable(decode_utf8(name, at).value)) {
      refuse(fmt::format("{} {} holds an unprintable character", what, quote(name)), "leave it out");
    }
  }
}

void check_model_family(std::string_view family, std::vector<std::string>& notes) {
  std::vector<std::string_view> known(known_families().begin(), known_families().end());
  check_open_set(family, "model family", known, notes);
}

void check_hardware_type(std::string_view hardware_type, std::vector<std::string>& notes) {
  std::vector<std::string_view> known;
  for (const Hardware& hardware : built_in_hardware()) known.push_back(hardware.hardware_type);
  check_open_set(hardware_type, "hardware type", known, notes);
}

void check_text(std::string_view text, std::string_view what) {
  check_stored_text(text, what, kMaxTextBytes);
}

const std::vector<Hardware>& built_in_hardware() {
  static const std::vector<Hardware> hardware = {
      {"cpu", "cpu"}, {"cuda", "cuda"}, {"rocm", "cuda"}, {"mps", "mps"}};
  return hardware;
}

std::string device_of(std::string_view hardware_type) {
  for (const Hardware& hardware : built_in_hardware()) {
    if (hardware.hardware_type == hardware_type) return std::string(hardware.device);
  }
  return std::string(hardware_type);
}

std::vector<std::string> parse_hardware_types(std::string_view text, std::vector<std::string>& notes) {
  std::vector<std::string> hardware_types;
  for (const std::string& item : split(text, ',')) hardware_types.emplace_back(trimmed(item));
  check_hardware_types(hardware_types, notes);
  return hardware_types;
}

std::vector<int64_t> parse_batch_sizes(std::string_view text) {
  std::vector<int64_t> batch_sizes;
  for (const std::string& part : split(text, ',')) {
    const std::string_view item = trimmed(part);
    int64_t number = 0;
    const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), number);
    if (error == std::errc::result_out_of_range) {
      refuse(fmt::format("batch size {} is too large", quote(item)), "the largest is 9223372036854775807");
    }
    if (error != std::errc() || end != item.data() + item.size()) {
      refuse(fmt::format("batch size {} is not a whole number", quote(item)),
             "write it in digits, such as 1,4,16");
    }
    batch_sizes.push_back(number);
  }
  check_batch_sizes(batch_sizes);
  return batch_sizes;
}

void check_hardware_types(const std::vector<std::string>& hardware_types, std::vector<std::string>& notes) {
  if (hardware_types.empty()) refuse("the list of hardware types is empty", "give at least one, such as cpu");
  std::set<std::string> seen;
  for (const std::string& hardware_type : hardware_types) {
    check_hardware_type(hardware_type, notes);
    if (!seen.insert(hardware_type).second) {
      refuse(fmt::format("hardware type '{}' stands twice in the list", hardware_type), "name each once");
    }
  }
}

void check_batch_sizes(const std::vector<int64_t>& batch_sizes) {
  if (batch_sizes.empty()) refuse("the list of batch sizes is empty", "give at least one, such as 1");
  std::set<int64_t> seen;
  for (const int64_t batch_size : batch_sizes) {
    if (batch_size < 1)
      refuse(fmt::format("batch size {} is less than 1", batch_size), "a batch holds at least one");
    if (!seen.insert(batch_size).second) {
      refuse(fmt::format("batch size {} stands twice in the list", batch_size), "name each once");
    }
  }
}

}  // namespace testloom
