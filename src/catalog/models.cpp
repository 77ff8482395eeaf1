#include "catalog/models.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "base/text_memo.h"
#include "catalog/json_values.h"
#include "catalog/names.h"
#include "catalog/templates.h"
#include "catalog/vocabulary.h"
#include "model/family/config_family.h"
#include "model/family/folder_family.h"
#include "model/files/hub_cache.h"
#include "model/files/json_text.h"
#include "store/scalar_function.h"

namespace testloom {

namespace {

// The attributes that are known with those that are given, by name, so that equal ones are equal texts.
std::string attributes_json(const std::string& known, const NewModel& added) {
  std::map<std::string, std::string> attributes;
  const Value before = value_of_json(known);
  if (const Value::Dict* entries = std::get_if<Value::Dict>(&before.data)) {
    for (const auto& [name, value] : *entries) attributes[name] = json_of(value);
  }
  for (const auto& [name, value] : added.attributes) attributes[name] = value;
  JsonWriter json;
  json.begin_object();
  for (const auto& [name, value] : attributes) json.key(name).raw(value);
  return json.end_object().take();
}

void write_model(Connection& connection, const NewModel& added) {
  Result known = connection.query(
      "SELECT coalesce(attributes::VARCHAR, '{}') FROM models WHERE model_name = ?", {added.model_name});
  const bool is_known = known.next();
  Parameter attributes;
  if (!added.attributes.empty())
    attributes = attributes_json(is_known ? std::string(known.text(0)) : "{}", added);
  if (is_known) {
    connection.query(
        "UPDATE models SET location = coalesce($1, location), description = coalesce($2, description), "
        "config = coalesce($3::JSON, config), attributes = coalesce($4::JSON, attributes), "
        "parameter_count = coalesce($5, parameter_count), weight_bytes = coalesce($6, weight_bytes) "
        "WHERE model_name = $7",
        {or_null(added.location), or_null(added.description), or_null(added.config), attributes,
         or_null(added.parameter_count), or_null(added.weight_bytes), added.model_name});
    return;
  }
  connection.query(
      "INSERT INTO models (model_id, model_name, location, description, config, attributes, parameter_count, "
      "weight_bytes, created_at) "
      "SELECT coalesce(max(model_id), 0) + 1, ?, ?, ?, ?::JSON, ?::JSON, ?, ?, ? FROM models",
      {added.model_name, or_null(added.location), or_null(added.description), or_null(added.config),
       attributes, or_null(added.parameter_count), or_null(added.weight_bytes), utc_now()});
}

void write_mapping(Connection& connection, const NewMapping& added) {
  const Parameter template_id = or_null(added.template_id);
  if (find_mapping(connection, added.model_name)) {
    connection.query(
        "UPDATE model_mapping SET model_family = ?, template_id = ?, description = ? WHERE model_name = ?",
        {added.model_family, template_id, or_null(added.description), added.model_name});
    return;
  }
  connection.query(
      "INSERT INTO model_mapping SELECT coalesce(max(mapping_id), 0) + 1, ?, ?, ?, ? FROM model_mapping",
      {added.model_name, added.model_family, template_id, or_null(added.description)});
}

void check_mapping(Connection& connection, const NewMapping& mapping, std::vector<std::string>& notes) {
  check_model_family(connection, mapping.model_family, notes);
  if (mapping.description) check_text(*mapping.description, "the description");
  if (mapping.template_id && !find_template(connection, *mapping.template_id)) {
    throw Error(ErrorKind::usage, fmt::format("there is no template with ID {}", *mapping.template_id),
                "`testloom template list` shows them");
  }
}

}  // namespace

void add_mapping(Connection& connection, const NewMapping& added, std::vector<std::string>& notes) {
  NewModel model;
  model.model_name = added.model_name;
  add_model(connection, model, added, notes);
}

std::optional<StoredMapping> find_mapping(Connection& connection, const std::string& model_name) {
  Result rows = connection.query(
      "SELECT mapping_id, model_name, model_family, template_id, description FROM model_mapping WHERE "
      "model_name = ? "
      "ORDER BY mapping_id DESC LIMIT 1",
      {model_name});
  if (!rows.next()) return std::nullopt;
  return StoredMapping{rows.integer(0), std::string(rows.text(1)), std::string(rows.text(2)),
                       rows.is_null(3) ? std::nullopt : std::optional(rows.integer(3)),
                       rows.optional_text(4)};
}

void add_model(Connection& connection, const NewModel& added, const std::optional<NewMapping>& mapping,
               std::vector<std::string>& notes) {
  check_model_name(added.model_name);
  if (added.location && added.location->empty())
    throw Error(ErrorKind::usage, "the location is empty", "give a hub id or a folder");
  if (added.location) check_text(*added.location, "the location");
  if (added.description) check_text(*added.description, "the description");
  if (added.config && !std::holds_alternative<Value::Dict>(value_of_json(*added.config).data)) {
    throw Error(ErrorKind::spec, "the model's config is no JSON object", "a config.json begins with '{'");
  }
  for (const auto& [name, value] : added.attributes) check_label(name, "an attribute's name");
  if (mapping) check_mapping(connection, *mapping, notes);
  Transaction transaction(connection);
  if (mapping) write_mapping(connection, *mapping);
  write_model(connection, added);
  transaction.commit();
}

std::vector<StoredModel> stored_models(Connection& connection) {
  Result rows = connection.query(
      "SELECT m.model_name, m.location, m.description, p.model_family, p.template_id, m.revision, "
      "m.parameter_count, m.weight_bytes, coalesce(m.config::VARCHAR, '') FROM models m LEFT JOIN (SELECT * "
      "FROM "
      "model_mapping QUALIFY row_number() OVER (PARTITION BY model_name ORDER BY mapping_id "
      "DESC) = 1) p "
      "ON p.model_name = m.model_name ORDER BY m.model_name");
  std::vector<StoredModel> models;
  while (rows.next()) {
    const std::string model_name(rows.text(0));
    const FamilyGuess guess =
        family_of_stored(model_name, rows.text(8), rows.is_null(1) ? std::string_view() : rows.text(1));
    const bool mapped = !rows.is_null(3);
    const auto integer = [&](size_t column) {
      return rows.is_null(column) ? std::nullopt : std::optional(rows.integer(column));
    };
    models.push_back({model_name, rows.optional_text(1), rows.optional_text(2),
                      mapped ? std::string(rows.text(3)) : guess.model_family,
                      mapped && guess.model_family != rows.text(3) ? "" : guess.task,
                      mapped ? "mapping" : guess.origin, integer(4), rows.optional_text(5), integer(6),
                      integer(7)});
  }
  return models;
}

namespace {

FamilyGuess family_of_config_text(std::string_view config) {
  try {
    return family_of_config(parse_json_object(config, "the stored config"));
  } catch (const Error&) {
    // It was JSON when it was stored, and may still be nested too deep to be looked into.
    return {"unknown", "", "none", 0, ""};
  }
}

}  // namespace

FamilyGuess family_of_stored(std::string_view model_name, std::string_view config,
                             std::string_view location) {
  if (location.starts_with('/')) {
    if (auto found = family_of_folder(location)) return *std::move(found);
  }
  if (!config.empty()) {
    thread_local TextMemo<FamilyGuess> known;
    FamilyGuess found = known.of(config, family_of_config_text);
    if (found.model_family != "unknown") return found;
  }
  return detect_family(model_name);
}

namespace {

FamilyGuess family_by_itself(Connection& connection, const std::string& model_name) {
  Result rows = connection.query(
      "SELECT coalesce(config::VARCHAR, ''), coalesce(location, '') FROM models WHERE model_name = ?",
      {model_name});
  FamilyGuess guess =
      rows.next() ? family_of_stored(model_name, rows.text(0), rows.text(1)) : detect_family(model_name);
  if (guess.model_family != "unknown") return guess;
  const auto snapshot = cached_snapshot(model_name);
  return (snapshot ? family_of_folder(*snapshot) : std::nullopt).value_or(std::move(guess));
}

}  // namespace

FamilyGuess family_of(Connection& connection, const std::string& model_name) {
  const FamilyGuess guess = family_by_itself(connection, model_name);
  const std::optional<StoredMapping> mapping = find_mapping(connection, model_name);
  if (!mapping) return guess;
  // The task that the model itself tells is kept only where it is of the family that the user says.
  return {mapping->model_family, mapping->model_family == guess.model_family ? guess.task : "", "mapping",
          1.0, "mapping"};
}

std::vector<std::string> resolve_models(Connection& connection, const std::vector<std::string>& patterns) {
  std::vector<std::string> known;
  Result rows = connection.query("SELECT model_name FROM models ORDER BY model_name");
  while (rows.next()) known.emplace_back(rows.text(0));
  const std::set<std::string_view> known_set(known.begin(), known.end());

  std::set<std::string_view> given;
  for (const std::string& pattern : patterns) {
    if (given.insert(pattern).second) continue;
    throw Error(ErrorKind::usage, fmt::format("the model {} is named twice", quote(pattern)),
                "name each once");
  }
  std::vector<std::string> names;
  std::set<std::string> seen;
  const auto add = [&](const std::string& name) {
    if (seen.insert(name).second) names.push_back(name);
  };
  for (const std::string& pattern : patterns) {
    check_model_name(pattern);
    const bool literal = known_set.contains(pattern) || pattern.find_first_of("*?") == std::string::npos;
    if (literal) {
      add(pattern);
      continue;
    }
    bool found = false;
    for (const std::string& name : known) {
      if (!matches_glob(pattern, name)) continue;
      add(name);
      found = true;
    }
    if (!found) {
      throw Error(
          ErrorKind::usage, fmt::format("no known model matches {}", quote(pattern)),
          fmt::format("{} known: `testloom model list` shows them, `testloom model add NAME` adds one",
                      counted(known.size(), "model") + (known.size() == 1 ? " is" : " are")));
    }
  }
  return names;
}

namespace {

template <typename Guess>
void fill_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output, Guess guess_row) {
  for_each_row(info, input, [&](idx_t row) {
    const FamilyGuess guess = guess_row(row);
    assign_text(duckdb_struct_vector_get_child(output, 0), row, guess.model_family);
    assign_text(duckdb_struct_vector_get_child(output, 1), row, guess.task);
    assign_text(duckdb_struct_vector_get_child(output, 2), row, guess.origin);
  });
}

void detect_family_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const TextColumn names(input, 0);
  fill_chunk(info, input, output, [&](idx_t row) { return detect_family(names[row]); });
}

void family_of_stored_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const TextColumn names(input, 0), configs(input, 1), locations(input, 2);
  fill_chunk(info, input, output,
             [&](idx_t row) { return family_of_stored(names[row], configs[row], locations[row]); });
}

void register_family_function(Connection& connection, const char* name, int texts,
                              duckdb_scalar_function_t act) {
  duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
  duckdb_logical_type members[] = {text, text, text};
  const char* names[] = {"model_family", "task", "origin"};
  duckdb_logical_type answer = duckdb_create_struct_type(members, names, 3);
  register_text_function(connection, name, texts, answer, act);
  duckdb_destroy_logical_type(&answer);
  duckdb_destroy_logical_type(&text);
}

}  // namespace

void register_detect_family(Connection& connection) {
  register_family_function(connection, "detect_family", 1, detect_family_chunk);
  register_family_function(connection, "family_of_stored", 3, family_of_stored_chunk);
}

}  // namespace testloom
