#include "engine/local/host.h"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "engine/local/control_group_place.h"

namespace testloom {

namespace {

// The value after a label in a file of lines such as "MemTotal:  123 kB".
std::string value_of(const std::string& path, std::string_view label) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(label)) continue;
    const size_t colon = line.find(':');
    return colon == std::string::npos ? "" : std::string(trimmed(std::string_view(line).substr(colon + 1)));
  }
  return "";
}

int64_t kilobytes_of(std::string_view label) {
  return std::strtoll(value_of("/proc/meminfo", label).c_str(), nullptr, 10) * 1024;
}

std::optional<int64_t> number_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  int64_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

struct Limit {
  int64_t bytes = 0, used = 0;
};

// The smallest limit of the control groups that this process is in, of either version.
std::optional<Limit> group_limit() {
  std::optional<Limit> smallest;
  for (const OwnGroup& group : own_groups()) {
    const GroupNames& names = names_of_version(group.version);
    for (std::filesystem::path folder = group.folder;; folder = folder.parent_path()) {
      const auto bytes = number_in(folder / names.limit);
      const auto used = number_in(folder / names.used);
      if (bytes && used && (!smallest || *bytes < smallest->bytes)) smallest = Limit{*bytes, *used};
      if (folder == group.mount || folder == folder.parent_path()) break;
    }
  }
  return smallest;
}

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int counted_cores = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
  return std::max(1, counted_cores);
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

HostFacts host_facts() {
  HostFacts facts;
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  facts.name = name;
  facts.cores = usable_cores();
  facts.memory_bytes = kilobytes_of("MemTotal");
  facts.available_bytes = kilobytes_of("MemAvailable");
  if (const std::optional<Limit> limit = group_limit(); limit && limit->bytes < facts.memory_bytes) {
    facts.memory_bytes = limit->bytes;
    facts.available_bytes = std::min(facts.available_bytes, std::max<int64_t>(0, limit->bytes - limit->used));
  }
  facts.processor = value_of("/proc/cpuinfo", "model name");
  utsname system{};
  if (::uname(&system) == 0) facts.system = fmt::format("{} {}", system.sysname, system.release);
  facts.nvidia_driver = first_line("/proc/driver/nvidia/version");
  return facts;
}

std::string json_of(const HostFacts& facts) {
  JsonWriter text;
  text.begin_object().member("name", facts.name).member("cores", facts.cores);
  text.member("memory_bytes", facts.memory_bytes).member("processor", facts.processor);
  text.member("system", facts.system);
  if (!facts.nvidia_driver.empty()) text.member("nvidia_driver", facts.nvidia_driver);
  return text.end_object().take();
}

}  // namespace testloom
