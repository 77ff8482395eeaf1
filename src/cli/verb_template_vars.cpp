// `testloom template vars`: the names that a template can use, and what one declares and asks for.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/screen.h"
#include "cli/template_files.h"
#include "cli/value_json.h"

namespace testloom::cli {

namespace {

std::string json_text(const Value& value) {
  JsonWriter json;
  write_value(json, value);
  return json.take();
}

bool uses(const Template& compiled, std::string_view name) {
  const std::vector<std::string_view> used = compiled.used_names();
  return std::find(used.begin(), used.end(), name) != used.end();
}

std::string text_of(const RequiredKey& key) {
  std::string text = key.root;
  for (const std::string& part : key.path) text += '.' + part;
  return text;
}

// " name=value" for each.
std::string text_of(const std::vector<std::pair<std::string, Value>>& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) text += fmt::format(" {}={}", name, json_text(value));
  return text;
}

std::string text_of(const NeedInfo& need) { return need.template_name + text_of(need.axes); }

void write_parameter(JsonWriter& json, const ParameterInfo& parameter, bool is_used) {
  json.begin_object().member("name", parameter.name).member("type", type_word(parameter.type));
  json.member("meaning", parameter.meaning).member("required", !parameter.default_value.has_value());
  write_value(json.key("default"), parameter.default_value.value_or(Value()));
  json.key("choices").begin_array();
  for (const Value& choice : parameter.choices) write_value(json, choice);
  json.end_array().member("trusted", parameter.trusted).member("used", is_used).end_object();
}

void write_template(JsonWriter& json, const Template& compiled) {
  json.key("parameters").begin_array();
  for (const ParameterInfo& parameter : compiled.parameters())
    write_parameter(json, parameter, uses(compiled, parameter.name));
  json.end_array().member("output", name_of(compiled.output_kind()));
  json.member("exclusive", compiled.is_exclusive()).member("cores", compiled.cores());
  write_value(json.key("workload"), Value(Value::Dict(compiled.workload())));
  json.key("needs").begin_array();
  for (const NeedInfo& need : compiled.needs()) {
    json.begin_object().member("template_name", need.template_name).key("axes").begin_object();
    for (const auto& [name, value] : need.axes) write_value(json.key(name), value);
    json.end_object().end_object();
  }
  json.end_array().key("required_keys").begin_array();
  for (const RequiredKey& key : compiled.required_keys()) {
    json.begin_object().member("root", key.root).key("path").begin_array();
    for (const std::string& part : key.path) json.value(part);
    json.end_array().end_object();
  }
  json.end_array().key("includes").begin_array();
  for (const UsedTemplate& used : compiled.used_templates()) {
    json.begin_object().member("name", used.name).member("path", used.found.path);
    json.member("extended", used.extended).end_object();
  }
  json.end_array();
}

void print_json(const Template* compiled) {
  JsonWriter json;
  json.begin_object().key("names").begin_array();
  for (const NameInfo& info : template_names()) {
    json.begin_object().member("name", info.name).member("type", type_word(info.type));
    json.member("meaning", info.meaning);
    if (compiled) json.member("used", uses(*compiled, info.name));
    json.end_object();
  }
  json.end_array();
  if (compiled) write_template(json, *compiled);
  print_line(json.end_object().text());
}

std::string list_of(const std::vector<Value>& values) {
  std::vector<std::string> texts;
  for (const Value& value : values) texts.push_back(json_text(value));
  return join(texts, ", ");
}

void print_fact(std::string_view what, std::string_view found) {
  print_line(fmt::format("{:<10} {}", what, one_line(found, 300)));
}

void print_facts(const Template& compiled) {
  print_fact("becomes", name_of(compiled.output_kind()));
  if (compiled.is_exclusive()) print_fact("runs", "alone on its machine");
  if (compiled.cores()) print_fact("cores", std::to_string(*compiled.cores()));
  if (!compiled.workload().empty()) print_fact("workload", trimmed(text_of(compiled.workload())));
  for (const NeedInfo& need : compiled.needs()) print_fact("needs", text_of(need));
  for (const RequiredKey& key : compiled.required_keys()) print_fact("requires", text_of(key));
  for (const UsedTemplate& used : compiled.used_templates()) {
    print_fact(used.extended ? "extends" : "includes", fmt::format("{} ({})", used.name, used.found.path));
  }
  print_line("");
}

void print_tables(const Template* compiled) {
  if (compiled) print_facts(*compiled);
  if (compiled && !compiled->parameters().empty()) {
    {
      Table table({{"PARAMETER"}, {"TYPE"}, {"DEFAULT"}, {"ONE OF"}, {"USED"}, {"MEANING"}});
      for (const ParameterInfo& parameter : compiled->parameters()) {
        table.add({parameter.name, std::string(type_word(parameter.type)),
                   parameter.default_value ? json_text(*parameter.default_value) : "none: must be given",
                   list_of(parameter.choices), uses(*compiled, parameter.name) ? "yes" : "no",
                   parameter.meaning});
      }
    }
    print_line("");
  }
  std::vector<Table::Column> columns = {{"NAME"}, {"TYPE"}, {"MEANING"}};
  if (compiled) columns.insert(columns.begin() + 2, {"USED"});
  Table table(columns);
  for (const NameInfo& info : template_names()) {
    std::vector<std::string> cells = {std::string(info.name), std::string(type_word(info.type)),
                                      std::string(info.meaning)};
    if (compiled) cells.insert(cells.begin() + 2, uses(*compiled, info.name) ? "yes" : "no");
    table.add(std::move(cells));
  }
}

int run_vars(const Context& context, const std::optional<std::string>& file) {
  std::optional<Template> compiled;
  if (file) {
    TemplateSearch search(context, {*file});
    CompileOptions how = options_for(*file);
    how.finder = &search.finder();
    compiled.emplace(compile_file(*file, how));
  }
  const Template* shown = compiled ? &*compiled : nullptr;
  context.json ? print_json(shown) : print_tables(shown);
  return 0;
}

}  // namespace

void setup_template_vars(CLI::App& parent, Context& context) {
  CLI::App* verb = add_verb(parent, "vars",
                            "list the names that a template can use, and what one declares; needs no store",
                            "  testloom template vars\n  testloom template vars latency.py --json");
  auto file = std::make_shared<std::optional<std::string>>();
  verb->add_option("FILE", *file, "a template");
  verb->callback(
      [&context, file] { context.action = [&context, file] { return run_vars(context, *file); }; });
}

}  // namespace testloom::cli
