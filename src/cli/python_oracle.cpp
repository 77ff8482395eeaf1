#include "cli/python_oracle.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <future>
#include <thread>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/embedded.h"
#include "base/files.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "cli/hostile_values.h"
#include "cli/template_files.h"
#include "cli/value_json.h"
#include "engine/local/process.h"

namespace testloom::cli {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMostOutput = 4 << 20;
constexpr size_t kMostDifferences = 20;  // told of one template and interpreter
constexpr double kTimeoutSeconds = 600;

// A folder that is gone with this object.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "testloom-oracle-XXXXXX").native();
    if (!::mkdtemp(name.data())) {
      throw Error(ErrorKind::engine,
                  fmt::format("cannot make a folder in {}: {}", quote(fs::temp_directory_path().native()),
                              std::strerror(errno)),
                  "set TMPDIR to a folder that can be written");
    }
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// --- harmless values

Value harmless_value(std::string_view name, ValueType type) {
  if (name == "hardware_type" || name == "device") return "cpu";
  switch (type) {
    case ValueType::integer:
      return 4;
    case ValueType::number:
      return 0.5;
    case ValueType::boolean:
      return true;
    case ValueType::list:
      return Value::List{};
    case ValueType::dict:
      return Value::Dict{};
    default:
      return "zqharmless";
  }
}

void put_path(Value::Dict& dict, const std::vector<std::string>& path, size_t at, const Value& value) {
  auto entry =
      std::find_if(dict.begin(), dict.end(), [&](const auto& each) { return each.first == path[at]; });
  if (entry == dict.end()) entry = dict.insert(dict.end(), {path[at], Value()});
  if (at + 1 == path.size()) {
    entry->second = value;
    return;
  }
  if (!std::holds_alternative<Value::Dict>(entry->second.data)) entry->second = Value::Dict{};
  put_path(std::get<Value::Dict>(entry->second.data), path, at + 1, value);
}

Value keys_of(const Template& compiled, std::string_view root, const Value& value) {
  Value::Dict dict;
  for (const RequiredKey& key : compiled.required_keys()) {
    if (key.root == root) put_path(dict, key.path, 0, value);
  }
  return dict;
}

// Harmless values for every name but for the keys of config and model, which are given.
NamedValues harmless_values(const Template& compiled, const Value& config_key, const Value& model_key) {
  NamedValues values;
  for (const NameInfo& info : template_names())
    values.emplace_back(info.name, harmless_value(info.name, info.type));
  for (auto& [name, value] : values) {
    if (name == "config" || name == "model")
      value = keys_of(compiled, name, name == "config" ? config_key : model_key);
  }
  for (const ParameterInfo& parameter : compiled.parameters()) {
    values.emplace_back(parameter.name, parameter.default_value      ? *parameter.default_value
                                        : !parameter.choices.empty() ? parameter.choices.front()
                                                                     : harmless_value("", parameter.type));
  }
  return values;
}

void give(NamedValues& values, const NamedValues& more) {
  for (const auto& [name, value] : more) {
    const auto same = [&, &key = name](const auto& each) { return each.first == key; };
    const auto known = std::find_if(values.begin(), values.end(), same);
    known == values.end() ? values.emplace_back(name, value) : (known->second = value, *known);
  }
}

// --- cases

std::string_view kind_of(std::string_view rule, const Value& value) {
  if (rule == "comment") return "comment";
  if (rule == "name" || rule == "identifier") return "name";
  if (rule == "number_or_name") return std::holds_alternative<std::string>(value.data) ? "name" : "leaf";
  return "leaf";
}

// Writes the cases of one template as the oracle reads them.
class CaseWriter {
 public:
  CaseWriter(const std::string& file, const Template& compiled, OracleAnswer& answer)
      : file_(file),
        renderer_(compiled),
        setter_(compiled, renderer_, template_name_of(file), {}),
        answer_(answer),
        held_(renderer_.place_count()) {}

  // Goes on with these values. Says why when the text cannot be rendered for them.
  std::string try_values(const NamedValues& values) {
    try {
      setter_.set(values);
      renderer_.render();
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }

  // Goes on with the first of these that the text can be rendered for. Nothing when there is none.
  const NamedValues* begin(const std::vector<NamedValues>& alternatives, std::string_view which) {
    std::string reason;
    for (const NamedValues& values : alternatives) {
      std::string failure = try_values(values);
      if (failure.empty()) return &values;
      if (reason.empty()) reason = std::move(failure);
    }
    answer_.notes.push_back(
        fmt::format("{}: not held against Python{}, since it cannot be rendered; give values "
                    "with --set or --values\n{}",
                    one_line(file_, 400), which, reason));
    return nullptr;
  }

  // Holds every place that the values lead to, and that was not held yet.
  void write_places() {
    for (size_t place = 0; place < held_.size(); ++place) {
      const std::string_view rule = renderer_.place_rule(place);
      if (rule == "verbatim" || held_[place]) continue;  // what raw() may take is trusted
      const bool as_name = rule == "name" || rule == "identifier" || rule == "number_or_name";
      for (const HostileSet& set : hostile_sets(renderer_.place_type(place), as_name)) write_set(place, set);
    }
  }

  void note_what_was_not_held() {
    size_t left = 0;
    std::string first;
    for (size_t place = 0; place < held_.size(); ++place) {
      if (held_[place] || renderer_.place_rule(place) == "verbatim") continue;
      if (renderer_.place_type(place) == ValueType::none) continue;
      const SourcePosition where = renderer_.place_diagnostic(place, "").where;
      if (++left == 1) first = fmt::format("{}:{}:{}", one_line(where.path, 400), where.line, where.column);
    }
    if (left == 0) return;
    answer_.notes.push_back(
        fmt::format("{}: {} not reached with these values, the first at {}; --set gives others",
                    one_line(file_, 400), counted(left, "place"), first));
  }

  std::string take() { return std::move(lines_); }
  size_t renders() const { return renders_; }
  Diagnostic diagnostic(size_t place, std::string message) const {
    return renderer_.place_diagnostic(place, std::move(message));
  }

 private:
  // The text with the value at the place, or nothing when the place refuses it.
  std::optional<std::string> render(size_t place, const Value& value) {
    try {
      return std::string(renderer_.render_replacing(place, value));
    } catch (const Error& error) {
      if (error.message().ends_with(" here")) return std::nullopt;
      throw;
    }
  }

  void write_set(size_t place, const HostileSet& set) {
    const std::optional<std::string> plain = render(place, set.plain.value);
    if (!plain || plain == render(place, set.other_plain.value)) return;
    held_[place] = true;
    for (const HostileValue& hostile : set.hostile) {
      const std::optional<std::string> text = render(place, hostile.value);
      if (!text) continue;
      JsonWriter json;
      json.begin_object().member("id", std::to_string(place));
      json.member("kind", kind_of(renderer_.place_rule(place), set.plain.value));
      if (last_plain_ != *plain) json.member("plain", *plain);  // else that of the line before
      last_plain_ = *plain;
      json.member("hostile", *text);
      write_value(json.key("plain_value"), set.plain.value);
      write_value(json.key("hostile_value"), hostile.value);
      if (!set.plain.leaf.empty()) {
        json.member("plain_leaf", set.plain.leaf).member("hostile_leaf", hostile.leaf);
      }
      lines_ += json.end_object().text() + '\n';
      ++renders_;
    }
  }

  const std::string& file_;
  Renderer renderer_;
  ValueSetter setter_;
  OracleAnswer& answer_;
  std::vector<bool> held_;
  std::string lines_;
  std::string last_plain_;
  size_t renders_ = 0;
};

// The values that differ from these in one thing that may lead elsewhere: another choice, the other truth,
// another hardware type.
std::vector<NamedValues> variations(const Template& compiled, const NamedValues& base) {
  std::vector<NamedValues> all;
  const auto vary = [&](const std::string& name, const Value& value) {
    all.push_back(base);
    give(all.back(), {{name, value}});
  };
  for (const ParameterInfo& parameter : compiled.parameters()) {
    for (const Value& choice : parameter.choices) vary(parameter.name, choice);
    if (parameter.type != ValueType::boolean) continue;
    vary(parameter.name, true);
    vary(parameter.name, false);
  }
  for (const std::string_view hardware_type : {"cuda", "rocm", "mps"}) {
    vary("hardware_type", hardware_type);
    give(all.back(), {{"device", hardware_type == "mps" ? "mps" : "cuda"}});
  }
  return all;
}

void write_cases(CaseWriter& writer, const Template& compiled, const NamedValues& given,
                 const std::vector<NamedValues>& lines) {
  const std::vector<NamedValues> harmless = {harmless_values(compiled, 64, 64),
                                             harmless_values(compiled, 64, "zqkey"),
                                             harmless_values(compiled, "zqkey", "zqkey")};
  for (size_t i = 0; i < lines.size(); ++i) {
    std::vector<NamedValues> alternatives = harmless;
    for (NamedValues& values : alternatives) {
      give(values, given);
      give(values, lines[i]);
    }
    const std::string which = lines.size() > 1 ? fmt::format(" with line {} of the values", i + 1) : "";
    const NamedValues* begun = writer.begin(alternatives, which);
    if (!begun) continue;
    writer.write_places();
    for (NamedValues values : variations(compiled, *begun)) {
      give(values, given);
      give(values, lines[i]);
      if (writer.try_values(values).empty()) writer.write_places();
    }
  }
  writer.note_what_was_not_held();
}

// --- asking

std::string_view oracle_source() {
  for (const embedded::File& file : embedded::python()) {
    if (file.name == "oracle.py") return file.text;
  }
  return {};
}

struct Finding {
  size_t place;
  std::string text;
};

struct Heard {
  PythonVerdict verdict;
  std::vector<Finding> findings;
};

void read_line(const boost::json::object& said, Heard& heard) {
  const auto text_of = [&](std::string_view key) { return std::string(said.at(key).as_string()); };
  if (said.contains("difference")) {
    const std::string value = one_line(boost::json::serialize(said.at("value")), 100);
    heard.findings.push_back(
        {std::stoul(text_of("id")), fmt::format("with the value {}: {}", value, text_of("difference"))});
  } else if (said.contains("no_python")) {
    heard.verdict.no_python = text_of("no_python");
  } else {
    heard.verdict.renders = said.at("cases").to_number<size_t>() - said.at("passed_over").to_number<size_t>();
    heard.verdict.differences = said.at("differences").to_number<size_t>();
  }
}

Heard ask(const Interpreter& interpreter, const fs::path& folder) {
  const ProcessEnd end =
      run_process({{interpreter.path, "-I", "-S", "-W", "ignore", (folder / "oracle.py").native(), "--json",
                    (folder / "cases.jsonl").native()},
                   folder,
                   kTimeoutSeconds,
                   kMostOutput});
  if (end.interrupted) throw Error(ErrorKind::interrupted, "interrupted");
  Heard heard{{interpreter, 0, 0, ""}, {}};
  bool is_whole = false;
  for (const std::string& line : split(end.output_tail, '\n')) {
    boost::system::error_code error;
    const boost::json::value said = boost::json::parse(line, error);
    if (error || !said.is_object()) continue;
    read_line(said.get_object(), heard);
    is_whole = said.get_object().contains("cases");
  }
  if (is_whole) return heard;
  throw Error(
      ErrorKind::engine,
      fmt::format("{} did not answer{}: {}", quote(interpreter.path, 400), end.timed_out ? " in time" : "",
                  end.started ? quote(trimmed(end.output_tail), 300) : end.start_error),
      "try it by hand, or take it out of PATH");
}

// Asks all, as many at a time as there are processors.
std::vector<Heard> ask_all(const std::vector<Interpreter>& interpreters, const fs::path& folder) {
  const size_t at_once = std::max<size_t>(1, std::thread::hardware_concurrency());
  std::vector<Heard> all;
  for (size_t begin = 0; begin < interpreters.size(); begin += at_once) {
    std::vector<std::future<Heard>> asked;
    for (size_t i = begin; i < std::min(begin + at_once, interpreters.size()); ++i) {
      asked.push_back(std::async(std::launch::async, ask, std::cref(interpreters[i]), std::cref(folder)));
    }
    for (std::future<Heard>& each : asked) all.push_back(each.get());
  }
  return all;
}

}  // namespace

OracleAnswer ask_oracle(const std::string& file, const Template& compiled, const NamedValues& given,
                        const std::vector<NamedValues>& lines, const std::vector<Interpreter>& interpreters) {
  OracleAnswer answer;
  CaseWriter writer(file, compiled, answer);
  write_cases(writer, compiled, given, lines.empty() ? std::vector<NamedValues>{{}} : lines);
  const ScratchFolder scratch;
  write_file(scratch.path() / "oracle.py", oracle_source(), ErrorKind::engine);
  write_file(scratch.path() / "cases.jsonl", writer.take(), ErrorKind::engine);
  for (Heard& heard : ask_all(interpreters, scratch.path())) {
    const std::string version = "Python " + heard.verdict.interpreter.version;
    for (size_t i = 0; i < std::min(heard.findings.size(), kMostDifferences); ++i) {
      const Finding& finding = heard.findings[i];
      answer.differences.push_back(
          writer.diagnostic(finding.place, fmt::format("{}: {}", version, finding.text)));
    }
    answer.verdicts.push_back(std::move(heard.verdict));
  }
  return answer;
}

}  // namespace testloom::cli
