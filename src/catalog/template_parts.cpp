#include "catalog/template_parts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "catalog/json_values.h"

namespace testloom {

namespace {

std::optional<FoundTemplate> find_part(const std::vector<UsedTemplate>& parts, std::string_view name,
                                       std::string_view from) {
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const UsedTemplate& part) {
    return part.name == name && part.from == from;
  });
  return found == parts.end() ? std::nullopt : std::optional(found->found);
}

}  // namespace

std::optional<FoundTemplate> StoreFinder::find(std::string_view name, const std::string& from) {
  if (std::optional<FoundTemplate> part = find_part(parts_, name, from)) return part;
  Result rows = connection_.query(
      "SELECT content, template_id FROM templates WHERE removed_at IS NULL AND template_name = $1 "
      "AND ($2::VARCHAR IS NULL OR model_family = $2 OR (model_family = $4 AND is_partial)) "
      "AND (hardware_type IS NULL OR hardware_type = $3) "
      "ORDER BY model_family = coalesce($2, $4) DESC, hardware_type IS NOT NULL DESC, template_id DESC LIMIT "
      "1",
      {std::string(name), or_null(wanted_.model_family), or_null(wanted_.hardware_type),
       std::string(kAnyFamily)});
  if (!rows.next()) return std::nullopt;
  FoundTemplate found{fmt::format("template '{}'", name), std::string(rows.text(0)), true};
  remember_parts(rows.integer(1), found.path);
  return found;
}

// What a stored text took from files when it was added belongs to it.
void StoreFinder::remember_parts(int64_t template_id, const std::string& path) {
  Result rows = connection_.query(
      "SELECT min(v.version_id) FROM template_versions v JOIN templates t ON t.template_id = v.template_id "
      "AND "
      "t.version = v.version WHERE t.template_id = ?",
      {template_id});
  if (!rows.next() || rows.is_null(0)) return;
  for (UsedTemplate& part : read_parts(connection_, rows.integer(0))) {
    if (part.found.stored) continue;
    if (part.from.empty()) part.from = path;
    part.found.stored = true;  // as far as the text that is being compiled can tell
    parts_.push_back(std::move(part));
  }
}

std::optional<FoundTemplate> PartsFinder::find(std::string_view name, const std::string& from) {
  return find_part(parts_, name, from == own_path_ ? std::string_view() : std::string_view(from));
}

std::optional<FoundTemplate> FinderChain::find(std::string_view name, const std::string& from) {
  for (TemplateFinder* finder : {first_, second_}) {
    if (!finder) continue;
    if (std::optional<FoundTemplate> found = finder->find(name, from)) return found;
  }
  return std::nullopt;
}

std::vector<UsedTemplate> read_parts(Connection& connection, int64_t version_id) {
  Result rows = connection.query(
      "SELECT name, used_by, path, content, is_stored FROM template_parts WHERE version_id = ? ORDER BY part",
      {version_id});
  std::vector<UsedTemplate> parts;
  while (rows.next()) {
    parts.push_back({std::string(rows.text(0)),
                     std::string(rows.text(1)),
                     {std::string(rows.text(2)), std::string(rows.text(3)), rows.boolean(4)}});
  }
  return parts;
}

Template compile_version(Connection& connection, int64_t version_id) {
  Result rows = connection.query(
      "SELECT content, template_name, output_kind FROM template_versions WHERE version_id = ?", {version_id});
  if (!rows.next()) throw Error(ErrorKind::store, fmt::format("template version {} is missing", version_id));
  const std::string path = fmt::format("template '{}'", rows.text(1));
  PartsFinder parts(read_parts(connection, version_id), path);
  const OutputKind output = parse_output_kind(rows.text(2)).value_or(OutputKind::python);
  return Template::compile(path, rows.text(0), {.output = output, .finder = &parts});
}

namespace {

// The hash of everything that decides what the template renders: of its own text alone where nothing else
// does.
std::string definition_of(const VersionKey& key, const Template& compiled) {
  std::string definition = key.content;
  const auto add = [&](std::string_view text) { definition += fmt::format("\n{}:{}", text.size(), text); };
  const bool is_alone = compiled.output_kind() == OutputKind::python && compiled.used_templates().empty();
  if (!is_alone) add(fmt::format("{} bytes", key.content.size()));
  if (compiled.output_kind() != OutputKind::python) add(name_of(compiled.output_kind()));
  for (const UsedTemplate& used : compiled.used_templates()) {
    add(used.name);
    add(used.found.content);
  }
  return definition;
}

std::string declared_json(const Template& compiled) {
  JsonWriter json;
  json.begin_object().key("parameters").begin_array();
  for (const ParameterInfo& parameter : compiled.parameters()) {
    json.begin_object().member("name", parameter.name).member("type", type_word(parameter.type));
    json.key("default");
    parameter.default_value ? json.raw(json_of(*parameter.default_value)) : json.null();
    json.key("choices").raw(json_of(Value(Value::List(parameter.choices))));
    json.member("meaning", parameter.meaning).end_object();
  }
  json.end_array().key("needs").begin_array();
  for (const NeedInfo& need : compiled.needs()) {
    json.begin_object().member("template_name", need.template_name).key("axes");
    json.raw(json_of(Value(Value::Dict(need.axes)))).end_object();
  }
  json.end_array().member("exclusive", compiled.is_exclusive()).member("cores", compiled.cores());
  json.key("workload").raw(json_of(Value(Value::Dict(compiled.workload()))));
  json.key("requires").begin_array();
  for (const RequiredKey& required : compiled.required_keys()) {
    json.begin_array().value(required.root);
    for (const std::string& key : required.path) json.value(key);
    json.end_array();
  }
  return json.end_array().end_object().take();
}

}  // namespace

int64_t write_version(Connection& connection, const VersionKey& key, const Template& compiled) {
  const std::string definition = definition_of(key, compiled);
  Result known = connection.query(
      "SELECT version_id FROM template_versions WHERE template_id = ? AND version = ? AND definition_hash = "
      "md5(?)",
      {key.template_id, key.version, definition});
  if (known.next()) return known.integer(0);
  Result next = connection.query("SELECT coalesce(max(version_id), 0) + 1 FROM template_versions");
  next.next();
  const int64_t version_id = next.integer(0);
  connection.query("INSERT INTO template_versions SELECT ?, ?, ?, ?, ?, ?, ?, md5(?), ?, ?, ?",
                   {version_id, key.template_id, key.version, key.template_name, key.model_family,
                    or_null(key.hardware_type), key.content, definition, utc_now(),
                    std::string(name_of(compiled.output_kind())), declared_json(compiled)});
  int64_t part = 0;
  for (const UsedTemplate& used : compiled.used_templates()) {
    connection.query(
        "INSERT INTO template_parts VALUES (?, ?, ?, ?, ?, ?, ?)",
        {version_id, part++, used.name, used.from, used.found.path, used.found.content, used.found.stored});
  }
  return version_id;
}

}  // namespace testloom
