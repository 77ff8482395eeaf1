#include "cli/repro.h"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>
#include <cctype>
#include <filesystem>

#include "base/json_writer.h"
#include "base/text.h"
#include "engine/journal.h"
#include "engine/secrets.h"

namespace testloom::cli {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

// What torch, numpy and their libraries take their number of threads from.
constexpr std::array<const char*, 3> kThreads = {"OMP_NUM_THREADS", "MKL_NUM_THREADS",
                                                 "OPENBLAS_NUM_THREADS"};

// Which variable says what devices there are, for the built-in hardware types.
std::string visible_variable(std::string_view hardware_type) {
  if (hardware_type == "cuda") return "CUDA_VISIBLE_DEVICES";
  return hardware_type == "rocm" ? "HIP_VISIBLE_DEVICES" : "";
}

// A word for a POSIX shell.
std::string shell_word(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=+,-@%";
  if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos) return std::string(text);
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

// http://name:password@host
bool has_credentials(std::string_view value) {
  const size_t at = value.find("://");
  if (at == value.npos) return false;
  const std::string_view host = value.substr(at + 3, value.substr(at + 3).find('/'));
  return host.find('@') != host.npos;
}

bool is_name_part(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// A container's `-e HF_TOKEN=…` without what follows the name: then it takes the value from where it is
// started.
std::string without_secrets(std::string_view launch, std::vector<std::string>& left_out) {
  std::string out;
  for (size_t at = 0; at < launch.size(); ++at) {
    out += launch[at];
    if (launch[at] != '=') continue;
    size_t begin = out.size() - 1;
    while (begin > 0 && is_name_part(out[begin - 1])) --begin;
    const std::string name = out.substr(begin, out.size() - 1 - begin);
    if (!is_secret_name(name)) continue;
    left_out.push_back(name);
    out.pop_back();
    while (at + 1 < launch.size() && launch[at + 1] != ' ') ++at;
  }
  return out;
}

class Environment {
 public:
  explicit Environment(Repro& repro) : repro_(repro) {}

  void set(const std::string& name, const std::string& value) {
    if (is_secret_name(name) || has_credentials(value)) {
      repro_.left_out.push_back(name);
      return;
    }
    std::erase_if(repro_.environment, [&](const auto& each) { return each.first == name; });
    repro_.environment.emplace_back(name, value);
  }

 private:
  Repro& repro_;
};

std::string text_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : "";
}

// What the spec said of the hardware type, as the run kept it: settings.hardware.NAME {python, env, visible,
// launch}. Returns the name of the variable that says what devices there are.
std::string take_settings(std::string_view settings, const std::string& hardware_type, Repro& repro) {
  boost::system::error_code error;
  const json::value parsed = json::parse(settings, error);
  const json::object* all = parsed.if_object();
  const json::value* sections = error || !all ? nullptr : all->if_contains("hardware");
  const json::object* named = sections ? sections->if_object() : nullptr;
  const json::value* section = named ? named->if_contains(hardware_type) : nullptr;
  if (!section || !section->is_object()) return visible_variable(hardware_type);
  const json::object& own = section->get_object();
  if (const std::string python = text_in(own, "python"); !python.empty()) repro.python = python;
  repro.launch = without_secrets(text_in(own, "launch"), repro.left_out);
  if (const json::value* variables = own.if_contains("env"); variables && variables->is_object()) {
    for (const auto& [name, value] : variables->get_object()) {
      if (value.is_string()) Environment(repro).set(std::string(name), std::string(value.get_string()));
    }
  }
  const std::string visible = text_in(own, "visible");
  return visible.empty() ? visible_variable(hardware_type) : visible;
}

// The folders of what the tests that this one depends on have saved, by their templates, as JSON; empty where
// there are none.
std::string needs_of(Store& store, const PlannedTest& test, const std::string& run_id) {
  std::vector<std::array<std::string, 3>> found;  // case, template, folder
  for (const std::string& dependency : test.dependencies) {
    Result rows = store.connection().query(
        "SELECT \"case\", template_name, artifacts FROM outcomes WHERE test_id::VARCHAR = $1 AND outcome = "
        "'passed' "
        "AND "
        "artifacts "
        "IS NOT NULL ORDER BY run_id = $2 DESC, started_at DESC, attempt DESC LIMIT 1",
        {dependency, run_id});
    if (!rows.next()) continue;
    found.push_back({std::string(rows.text(0)), std::string(rows.is_null(1) ? "" : rows.text(1)),
                     fs::absolute(journal_folder(store.path()) / rows.text(2)).native()});
  }
  if (found.empty()) return "";
  JsonWriter needs;
  needs.begin_object();
  for (const auto& [case_name, template_name, folder] : found) {
    needs.member(case_name, folder);
    const bool is_only =
        std::ranges::count(found, template_name, [](const auto& each) { return each[1]; }) == 1;
    if (is_only && !template_name.empty()) needs.member(template_name, folder);
  }
  return needs.end_object().take();
}

}  // namespace

Repro repro_of(Store& store, const PlannedTest& test, const std::optional<std::string>& run_id) {
  Repro repro;
  Result rows = store.connection().query(
      "SELECT o.run_id, coalesce(r.python, ''), coalesce(r.settings::VARCHAR, ''), coalesce(o.cores, 0), "
      "coalesce(o.slot, '') FROM outcomes o JOIN runs r USING (run_id) WHERE o.test_id::VARCHAR = $1 AND "
      "($2::VARCHAR IS NULL OR o.run_id = $2) ORDER BY o.started_at DESC, o.repetition DESC, o.attempt DESC "
      "LIMIT 1",
      {test.test_id, or_null(run_id)});
  std::string visible = visible_variable(test.hardware_type);
  if (rows.next()) {
    repro.run_id = rows.text(0);
    repro.python = rows.text(1);
    visible = take_settings(rows.text(2), test.hardware_type, repro);
    Environment environment(repro);
    if (const int64_t cores = rows.integer(3); cores > 0) {
      for (const char* name : kThreads) environment.set(name, std::to_string(cores));
    }
    const std::string slot(rows.text(4));
    const size_t colon = slot.rfind(':');
    if (colon != slot.npos && !visible.empty()) environment.set(visible, slot.substr(colon + 1));
  }
  if (const std::string needs = needs_of(store, test, repro.run_id); !needs.empty())
    Environment(repro).set("TESTLOOM_NEEDS", needs);
  return repro;
}

std::string command_line(const Repro& repro, const std::string& folder) {
  std::string line = fmt::format("cd {} &&", shell_word(folder));
  for (const auto& [name, value] : repro.environment) line += fmt::format(" {}={}", name, shell_word(value));
  if (!repro.launch.empty()) line += " " + repro.launch;
  return line + fmt::format(" {} runner.py test.py result.json", shell_word(repro.python));
}

}  // namespace testloom::cli
