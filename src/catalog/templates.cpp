#include "catalog/templates.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/embedded.h"
#include "base/text.h"
#include "catalog/names.h"
#include "catalog/template_parts.h"
#include "catalog/vocabulary.h"
#include "testloom/template.h"

namespace testloom {

namespace {

int64_t next_id(Connection& connection, std::string_view column, std::string_view table) {
  Result rows = connection.query(fmt::format("SELECT coalesce(max({}), 0) + 1 FROM {}", column, table));
  rows.next();
  return rows.integer(0);
}

constexpr const char* kColumns =
    "template_id, template_name, model_family, hardware_type, content, description, created_at, updated_at, "
    "version, removed_at IS NOT NULL, coalesce(output_kind, 'python'), coalesce(is_partial, false)";

StoredTemplate row_of(const Result& rows) {
  return {rows.integer(0),
          std::string(rows.text(1)),
          std::string(rows.text(2)),
          rows.optional_text(3),
          std::string(rows.text(4)),
          rows.optional_text(5),
          rows.optional_text(6).value_or(""),
          rows.optional_text(7).value_or(""),
          rows.integer(8),
          rows.boolean(9),
          std::string(rows.text(10)),
          rows.boolean(11)};
}

// The row with this name, family and hardware type, hidden or not; the latest where an old store has several.
std::optional<StoredTemplate> find_variant(Connection& connection, const NewTemplate& wanted) {
  Result rows = connection.query(
      fmt::format(
          "SELECT {} FROM templates WHERE template_name = ? AND model_family = ? AND hardware_type IS NOT "
          "DISTINCT FROM ? ORDER BY removed_at IS NULL DESC, template_id DESC LIMIT 1",
          kColumns),
      {wanted.template_name, wanted.model_family, or_null(wanted.hardware_type)});
  if (!rows.next()) return std::nullopt;
  return row_of(rows);
}

VersionKey key_of(int64_t template_id, int64_t version, const NewTemplate& added) {
  return {template_id, version, added.template_name, added.model_family, added.hardware_type, added.content};
}

AddedTemplate write_new(Connection& connection, const NewTemplate& added, const Template& compiled,
                        const std::string& now) {
  const int64_t template_id = next_id(connection, "template_id", "templates");
  connection.query("INSERT INTO templates VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, NULL, ?, ?)",
                   {template_id, added.template_name, added.model_family, or_null(added.hardware_type),
                    added.content, or_null(added.description), now, now,
                    std::string(name_of(compiled.output_kind())), added.options.is_partial});
  write_version(connection, key_of(template_id, 1, added), compiled);
  return {template_id, 1, true, true, false, added.options.is_partial};
}

// The latest version with the parts it was added with, for comparison.
bool is_as_before(Connection& connection, const StoredTemplate& old, const NewTemplate& added,
                  const Template& compiled) {
  if (old.content != added.content || old.output_kind != name_of(compiled.output_kind()) ||
      old.is_partial != added.options.is_partial) {
    return false;
  }
  Result rows =
      connection.query("SELECT min(version_id) FROM template_versions WHERE template_id = ? AND version = ?",
                       {old.template_id, old.version});
  if (!rows.next() || rows.is_null(0)) return false;
  const std::vector<UsedTemplate> before = read_parts(connection, rows.integer(0));
  const std::vector<UsedTemplate>& now = compiled.used_templates();
  return std::equal(before.begin(), before.end(), now.begin(), now.end(),
                    [](const UsedTemplate& a, const UsedTemplate& b) {
                      return a.name == b.name && (a.found.stored == b.found.stored) &&
                             (a.found.stored || a.found.content == b.found.content);
                    });
}

AddedTemplate write_over(Connection& connection, const StoredTemplate& old, const NewTemplate& added,
                         const Template& compiled, const std::string& now) {
  const bool changed = !is_as_before(connection, old, added, compiled);
  const int64_t version = old.version + (changed ? 1 : 0);
  if (changed) write_version(connection, key_of(old.template_id, version, added), compiled);
  connection.query(
      "UPDATE templates SET content = ?, description = coalesce(?, description), version = ?, removed_at = "
      "NULL, updated_at = CASE WHEN ? THEN ? ELSE updated_at END, output_kind = ?, is_partial = ? "
      "WHERE template_id = ?",
      {added.content, or_null(added.description), version, changed, now,
       std::string(name_of(compiled.output_kind())), added.options.is_partial, old.template_id});
  return {old.template_id, version, false, changed, old.removed, added.options.is_partial};
}

// REQUIRES: a transaction is open.
AddedTemplate check_and_write(Connection& connection, const NewTemplate& given,
                              std::vector<std::string>& notes) {
  NewTemplate added = given;
  added.options.is_partial = given.options.is_partial || given.template_name.starts_with('_');
  check_label(added.template_name, "the template name");
  if (!(added.options.is_partial && added.model_family == kAnyFamily)) {
    check_model_family(connection, added.model_family, notes);
  }
  if (added.hardware_type) check_hardware_type(connection, *added.hardware_type, notes);
  if (added.description) check_text(*added.description, "the description");
  StoreFinder stored(connection, {added.model_family, added.hardware_type});
  FinderChain finder(added.options.finder, &stored);
  CompileOptions options = added.options;
  options.finder = &finder;
  const Template compiled =
      Template::compile(added.path.empty() ? fmt::format("template '{}'", added.template_name) : added.path,
                        added.content, options);

  const std::optional<StoredTemplate> old = find_variant(connection, added);
  const std::string now = utc_now();
  return old ? write_over(connection, *old, added, compiled, now)
             : write_new(connection, added, compiled, now);
}

// Of a file that is shipped; the name of a partial begins with '_'.
NewTemplate shipped_template(const embedded::File& file, std::string_view family) {
  NewTemplate shipped;
  shipped.template_name = file.name.substr(0, file.name.rfind('.'));
  shipped.options.is_partial = shipped.template_name.starts_with('_');
  shipped.model_family = shipped.options.is_partial ? kAnyFamily : family;
  shipped.content = file.text;
  shipped.description = "shipped with testloom";
  shipped.path = fmt::format("templates/{}", file.name);
  return shipped;
}

// Those that others include come first: their names begin with '_', which sorts before letters.
void sort_by_name(std::vector<NewTemplate>& shipped) {
  std::ranges::stable_sort(shipped, {}, &NewTemplate::template_name);
}

// Each is called like the family that it is for.
std::vector<NewTemplate> shipped_templates() {
  std::vector<NewTemplate> shipped;
  for (const embedded::File& file : embedded::templates())
    shipped.push_back(shipped_template(file, file.name.substr(0, file.name.rfind('.'))));
  sort_by_name(shipped);
  return shipped;
}

// One text for every family that templates are shipped for, with what it includes. The reference is computed
// on the CPU alone.
std::vector<NewTemplate> parity_templates() {
  std::vector<NewTemplate> shipped;
  std::vector<std::string> families;
  for (NewTemplate& each : shipped_templates()) {
    if (each.options.is_partial) {
      shipped.push_back(std::move(each));
    } else {
      families.push_back(each.model_family);
    }
  }
  for (const embedded::File& file : embedded::parity_templates()) {
    NewTemplate first = shipped_template(file, families.front());
    if (first.template_name == "reference") first.hardware_type = "cpu";
    shipped.push_back(first);
    if (first.options.is_partial) continue;
    for (size_t i = 1; i < families.size(); ++i) {
      shipped.push_back(first);
      shipped.back().model_family = families[i];
    }
  }
  sort_by_name(shipped);
  return shipped;
}

// REQUIRES: a transaction is open.
void add_shipped(Connection& connection, const NewTemplate& shipped, std::vector<AddedTemplate>& results) {
  std::vector<std::string> notes;
  results.push_back(check_and_write(connection, shipped, notes));
}

}  // namespace

AddedTemplate add_template(Connection& connection, const NewTemplate& added,
                           std::vector<std::string>& notes) {
  Transaction transaction(connection);
  const AddedTemplate result = check_and_write(connection, added, notes);
  transaction.commit();
  return result;
}

std::vector<AddedTemplate> add_shipped_templates(Connection& connection) {
  Transaction transaction(connection);
  std::vector<AddedTemplate> results;
  for (const NewTemplate& shipped : shipped_templates()) add_shipped(connection, shipped, results);
  transaction.commit();
  return results;
}

std::vector<AddedTemplate> add_parity_templates(Connection& connection) {
  Transaction transaction(connection);
  std::vector<AddedTemplate> results;
  for (const NewTemplate& shipped : parity_templates()) {
    const std::optional<StoredTemplate> there = find_variant(connection, shipped);
    if (!there || there->removed) add_shipped(connection, shipped, results);
  }
  transaction.commit();
  return results;
}

void remove_template(Connection& connection, int64_t template_id) {
  if (!find_template(connection, template_id)) {
    throw Error(ErrorKind::usage, fmt::format("there is no template with ID {}", template_id),
                "`testloom template list` shows them");
  }
  connection.query("UPDATE templates SET removed_at = ? WHERE template_id = ?", {utc_now(), template_id});
}

std::vector<StoredTemplate> stored_templates(Connection& connection) {
  Result rows = connection.query(
      fmt::format("SELECT {} FROM templates WHERE removed_at IS NULL ORDER BY template_id", kColumns));
  std::vector<StoredTemplate> templates;
  while (rows.next()) templates.push_back(row_of(rows));
  return templates;
}

std::optional<StoredTemplate> find_template(Connection& connection, int64_t template_id) {
  Result rows = connection.query(
      fmt::format("SELECT {} FROM templates WHERE removed_at IS NULL AND template_id = ?", kColumns),
      {template_id});
  if (!rows.next()) return std::nullopt;
  return row_of(rows);
}

int64_t resolve_template(Connection& connection, const std::string& id_or_name) {
  const char* last = id_or_name.data() + id_or_name.size();
  int64_t id = 0;
  const auto [end, error] = std::from_chars(id_or_name.data(), last, id);
  if (error == std::errc() && end == last && find_template(connection, id)) return id;
  std::vector<std::string> ids;
  std::vector<std::string> names;
  for (const StoredTemplate& stored : stored_templates(connection)) {
    names.push_back(stored.template_name);
    if (stored.template_name == id_or_name) ids.push_back(std::to_string(stored.template_id));
  }
  if (ids.size() == 1) return std::stoll(ids.front());
  if (ids.size() > 1) {
    throw Error(ErrorKind::usage, fmt::format("{} variants are called {}", ids.size(), quote(id_or_name)),
                fmt::format("name one by its ID: {}", join(ids, ", ")));
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string guess = nearest(id_or_name, known);
  throw Error(
      ErrorKind::usage, fmt::format("there is no template {}", quote(id_or_name)),
      guess.empty() ? "`testloom template list` shows them" : fmt::format("did you mean '{}'?", guess));
}

}  // namespace testloom
