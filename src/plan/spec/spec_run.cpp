#include "plan/spec/spec_run.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"

namespace testloom {

namespace {

constexpr std::string_view kRunKeys[] = {"jobs",       "memory",   "timeout",       "retries",
                                         "fetch_jobs", "cache_gb", "control_groups"};
constexpr int kMostJobs = 4096;
constexpr int kMostRetries = 100;
constexpr int kMostFetches = 64;
constexpr double kMostSeconds = 1e9;
constexpr double kMostGigabytes = 1e9;

std::optional<int> count(SpecReader& reader, const TomlEntry* entry, int least, int most,
                         std::string_view example) {
  if (!entry) return std::nullopt;
  const std::optional<int64_t> number = reader.integer(*entry, least, example);
  if (!number) return std::nullopt;
  if (*number <= most) return static_cast<int>(*number);
  reader.refuse(entry->value.place, fmt::format("'{}' is {}, more than {}", entry->key, *number, most),
                fmt::format("write {} = {}", entry->key, example));
  return std::nullopt;
}

std::optional<double> bounded(SpecReader& reader, const TomlEntry& entry, double most,
                              std::string_view example) {
  const std::optional<double> number = reader.positive(entry, example);
  if (!number || *number <= most) return number;
  reader.refuse(entry.value.place, fmt::format("'{}' is {:g}, more than {:g}", entry.key, *number, most),
                fmt::format("write {} = {}", entry.key, example));
  return std::nullopt;
}

std::optional<int64_t> read_memory(SpecReader& reader, const TomlEntry& entry) {
  const std::optional<std::string> text = reader.text(entry, "\"16GB\"");
  std::optional<int64_t> bytes;
  if (text) reader.passes(entry.value.place, [&] { bytes = bytes_of(*text); });
  return bytes;
}

std::optional<double> read_timeout(SpecReader& reader, const TomlEntry& entry) {
  const TomlNode& node = entry.value;
  if (node.is(TomlKind::integer) || node.is(TomlKind::number))
    return bounded(reader, entry, kMostSeconds, "\"10m\"");
  std::optional<double> seconds;
  if (!node.is(TomlKind::text)) {
    reader.refuse_kind(node, "'timeout'", "a time", "write timeout = \"10m\"");
    return seconds;
  }
  reader.passes(node.place, [&] { seconds = seconds_of(node.text()); });
  return seconds;
}

std::optional<bool> read_control_groups(SpecReader& reader, const TomlEntry& entry) {
  const std::optional<std::string> word = reader.text(entry, "\"auto\"");
  if (!word) return std::nullopt;
  if (*word == "auto" || *word == "off") return *word == "auto";
  reader.refuse(entry.value.place,
                fmt::format("'control_groups' is {}, not \"auto\" or \"off\"", quote(*word)),
                "\"auto\" uses them where they can be made");
  return std::nullopt;
}

}  // namespace

RunSection read_run_section(SpecReader& reader, const TomlEntry& entry) {
  RunSection run;
  const TomlNode* table = reader.table(entry, "[run] and below it jobs = 4");
  if (!table) return run;
  reader.check_keys(*table, "[run]", kRunKeys);
  run.jobs = count(reader, table->find("jobs"), 1, kMostJobs, "4");
  run.retries = count(reader, table->find("retries"), 0, kMostRetries, "1");
  run.fetch_jobs = count(reader, table->find("fetch_jobs"), 1, kMostFetches, "2");
  if (const TomlEntry* memory = table->find("memory")) run.memory_bytes = read_memory(reader, *memory);
  if (const TomlEntry* timeout = table->find("timeout")) run.timeout_seconds = read_timeout(reader, *timeout);
  if (const TomlEntry* cache = table->find("cache_gb")) {
    if (const std::optional<double> gigabytes = bounded(reader, *cache, kMostGigabytes, "50"))
      run.cache_bytes = static_cast<int64_t>(*gigabytes * 1e9);
  }
  if (const TomlEntry* groups = table->find("control_groups"))
    run.control_groups = read_control_groups(reader, *groups);
  return run;
}

}  // namespace testloom
