#include "plan/plan_models.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/models.h"
#include "catalog/names.h"
#include "store/sql_text.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr const char* kRequestedSql = R"sql(
CREATE OR REPLACE TEMP TABLE requested (
  source INTEGER, model BIGINT, model_name VARCHAR, model_family VARCHAR, task VARCHAR, location VARCHAR,
  revision VARCHAR, config JSON, attributes JSON);
)sql";

// The models as this plan sees them. What a list says goes before what the store knows; a mapping is the
// user's own word and goes before a list.
constexpr const char* kModelsSql = R"sql(
INSERT INTO plan_models
WITH mapping AS (SELECT * FROM model_mapping
                 QUALIFY row_number() OVER (PARTITION BY model_name ORDER BY mapping_id DESC) = 1),
     known AS (SELECT r.model, r.model_name, coalesce(r.location, k.location, r.model_name) AS model_location,
                      coalesce(r.task, k.task) AS task, coalesce(r.config, k.config) AS config,
                      CASE WHEN r.attributes IS NULL THEN k.attributes WHEN k.attributes IS NULL THEN r.attributes
                           ELSE json_merge_patch(k.attributes, r.attributes) END AS attributes,
                      coalesce(r.revision, k.revision) AS revision,
                      coalesce(p.model_family, r.model_family) AS said_family, p.template_id,
                      p.model_family IS NULL AND r.model_family IS NOT NULL AS is_listed,
                      detect_family(r.model_name) AS guess
               FROM requested r
               LEFT JOIN models k ON k.model_name = r.model_name
               LEFT JOIN mapping p ON p.model_name = r.model_name),
     decided AS (SELECT *, coalesce(said_family, guess.model_family) AS model_family,
                        coalesce(task, CASE WHEN said_family IS NULL OR said_family = guess.model_family
                                            THEN guess.task ELSE '' END) AS decided_task
                 FROM known)
SELECT $1, model, model_name, model_location, model_family, decided_task,
       CASE WHEN said_family IS NULL THEN guess.origin WHEN is_listed THEN 'list' ELSE 'mapping' END, template_id,
       ('0x' || substr(md5(model_name), 1, 8))::UINTEGER,
       CASE WHEN config IS NULL AND revision IS NULL AND attributes IS NULL THEN md5(decided_task || '  ')
            ELSE md5(decided_task || ' ' || coalesce(md5(config::VARCHAR), '') || ' ' || coalesce(md5(revision), '')
                     || coalesce(' ' || md5(attributes::VARCHAR), '')) END,
       config, attributes
FROM decided
)sql";

[[noreturn]] void refuse(const PlanSpec& spec, const SpecPlace& place, std::string message,
                         std::string hint) {
  throw Error(ErrorKind::spec, std::vector{diagnose(spec, place, std::move(message), std::move(hint))});
}

std::string reader_of(const PlanSpec& spec, const ModelSource& source) {
  const std::string suffix = source.list->extension();
  const std::string path = sql_text(source.list->native());
  if (suffix == ".parquet") return fmt::format("read_parquet({})", path);
  if (suffix == ".csv" || suffix == ".tsv") return fmt::format("read_csv({}, header = true)", path);
  if (suffix == ".json" || suffix == ".jsonl" || suffix == ".ndjson")
    return fmt::format("read_json_auto({})", path);
  refuse(spec, source.place,
         fmt::format("{} is no list of models that can be read", quote(source.list->native(), 400)),
         "lists are .csv, .tsv, .parquet, .json, .jsonl or .ndjson files");
}

// One file that lists models, on its way into the table `requested`.
class ListReader {
 public:
  ListReader(Connection& connection, const PlanSpec& spec, const ModelSource& source)
      : connection_(connection), spec_(spec), source_(source), reader_(reader_of(spec, source)) {}

  void read(int64_t number, AttributeTypes& attributes) {
    std::error_code error;
    if (!fs::exists(*source_.list, error))
      refuse(spec_, source_.place, fmt::format("there is no file {}", shown()),
             "paths are relative to the spec's folder");
    read_columns();
    try {
      connection_.query(fmt::format(
          "CREATE OR REPLACE TEMP TABLE listed AS SELECT row_number() OVER () - 1 AS place, {} FROM {}",
          columns_sql(), reader_));
    } catch (const Error& problem) {
      refuse(spec_, source_.place,
             fmt::format("{} cannot be read: {}", shown(), one_line(problem.message(), 400)),
             "see that it is whole, and that its columns hold what they should");
    }
    check_rows();
    connection_.query("INSERT INTO requested SELECT ?, * FROM listed", {number});
    connection_.execute("DROP TABLE listed");
    for (const auto& [name, type] : types_) {
      const auto [known, added] = attributes.emplace(name, type);
      if (!added && known->second != type) known->second = "VARCHAR";
    }
  }

 private:
  std::string shown() const { return quote(source_.list->native(), 400); }

  void read_columns() {
    try {
      Result rows = connection_.query(fmt::format("DESCRIBE SELECT * FROM {}", reader_));
      while (rows.next()) columns_.emplace_back(std::string(rows.text(0)), std::string(rows.text(1)));
    } catch (const Error& problem) {
      refuse(spec_, source_.place,
             fmt::format("{} cannot be read: {}", shown(), one_line(problem.message(), 400)),
             "lists are CSV, Parquet or JSON files with a column 'name'");
    }
    std::vector<std::string> names;
    for (const auto& column : columns_) names.push_back(column.first);
    for (const char* wanted : {"name", "model_name"}) {
      if (name_column_.empty() && std::find(names.begin(), names.end(), wanted) != names.end())
        name_column_ = wanted;
    }
    if (name_column_.empty()) {
      refuse(spec_, source_.place, fmt::format("{} has no column 'name'", shown()),
             fmt::format("its columns are {}", one_line(join(names, ", "), 400)));
    }
  }

  // A column by its name, or NULL.
  std::string column_sql(const char* name, const char* type) const {
    for (const auto& column : columns_) {
      if (column.first == name)
        return fmt::format("nullif({}::VARCHAR, '')::{}", sql_name(column.first), type);
    }
    return fmt::format("NULL::{}", type);
  }

  std::string columns_sql() {
    static const std::vector<std::string> kOwn = {"name",     "model_name", "model_family", "task",
                                                  "location", "revision",   "config"};
    std::string attributes;
    for (const auto& [name, type] : columns_) {
      if (std::find(kOwn.begin(), kOwn.end(), name) != kOwn.end()) continue;
      attributes += fmt::format("{}{} := {}", attributes.empty() ? "" : ", ", sql_name(name), sql_name(name));
      types_.emplace(name, type);
    }
    const std::string config =
        std::any_of(columns_.begin(), columns_.end(), [](const auto& c) { return c.first == "config"; })
            ? "CASE WHEN typeof(config) = 'VARCHAR' OR typeof(config) = 'JSON' THEN "
              "nullif(config::VARCHAR, '')::JSON ELSE to_json(config) END"
            : "NULL::JSON";
    return fmt::format(
        "{}::VARCHAR AS model_name, {} AS model_family, {} AS task, {} AS location, {} AS revision, {} "
        "AS config, {} AS attributes",
        sql_name(name_column_), column_sql("model_family", "VARCHAR"), column_sql("task", "VARCHAR"),
        column_sql("location", "VARCHAR"), column_sql("revision", "VARCHAR"), config,
        attributes.empty() ? "NULL::JSON" : fmt::format("to_json(struct_pack({}))", attributes));
  }

  // Rows without a usable name, and names that come twice.
  void check_rows() {
    const std::string why = fmt::format(
        "CASE WHEN model_name IS NULL THEN 'has no name' WHEN trim(model_name) = '' THEN 'has an empty name' "
        "WHEN strlen(model_name) > {0} THEN 'has a name of more than {0} bytes' "
        "WHEN contains(model_name, chr(0)) THEN 'has a name with U+0000' "
        "WHEN NOT regexp_full_match(model_family, '[A-Za-z][A-Za-z0-9_.-]{{0,63}}') "
        "THEN 'has the family ''' || model_family[:40] || ''', which is no name' "
        "WHEN json_type(config) <> 'OBJECT' THEN 'has a config that is no JSON object' END",
        kMaxModelNameBytes);
    Result counts = connection_.query(
        fmt::format("SELECT count({}), count(model_name) - count(DISTINCT model_name) FROM listed", why));
    counts.next();
    if (counts.integer(0) + counts.integer(1) == 0) return;
    Result bad =
        connection_.query(fmt::format("SELECT place + 1, why, count(*) OVER () FROM (SELECT place, "
                                      "coalesce({}, CASE WHEN row_number() OVER (PARTITION "
                                      "BY model_name ORDER BY place) > 1 THEN 'names ''' || model_name[:80] "
                                      "|| ''' again' END) AS why FROM listed) WHERE "
                                      "why IS NOT NULL ORDER BY place LIMIT 5",
                                      why));
    int64_t count = 0, shown_rows = 0;
    std::string rows;
    for (; bad.next(); ++shown_rows) {
      rows +=
          fmt::format("{}row {} {}", rows.empty() ? "" : "; ", bad.integer(0), one_line(bad.text(1), 200));
      count = bad.integer(2);
    }
    refuse(
        spec_, source_.place,
        fmt::format("{} has {} that cannot be used", shown(), counted(static_cast<uint64_t>(count), "row")),
        rows + (count > shown_rows ? fmt::format("; and {} more", count - shown_rows) : ""));
  }

  Connection& connection_;
  const PlanSpec& spec_;
  const ModelSource& source_;
  std::string reader_;
  std::vector<std::pair<std::string, std::string>> columns_;  // name and type
  std::string name_column_;
  AttributeTypes types_;
};

// What inclusions name is part of the plan too.
std::vector<std::string> names_of(Connection& connection, const PlanSpec& spec) {
  std::vector<std::string> patterns;
  for (const ModelSource& source : spec.models) {
    if (!source.list) patterns.push_back(source.pattern);
  }
  return patterns.empty() ? patterns : resolve_models(connection, patterns);
}

// The types of attributes that the store knows and no list told: JSON's own, where all values agree.
void add_known_types(Connection& connection, int64_t plan_id, AttributeTypes& types) {
  Result rows = connection.query(
      "SELECT key, CASE WHEN count(DISTINCT type) > 1 THEN 'VARCHAR' ELSE CASE any_value(type) WHEN "
      "'UBIGINT' THEN "
      "'BIGINT' WHEN 'BIGINT' THEN 'BIGINT' WHEN 'DOUBLE' THEN 'DOUBLE' WHEN 'BOOLEAN' THEN 'BOOLEAN' ELSE "
      "'VARCHAR' END "
      "END FROM (SELECT key, json_type(attributes, '$.\"' || key || '\"') AS type FROM (SELECT attributes, "
      "unnest(json_keys(attributes)) AS key FROM plan_models WHERE plan_id = ? AND attributes IS NOT NULL)) "
      "GROUP BY key",
      {plan_id});
  while (rows.next()) types.emplace(rows.text(0), rows.text(1));
}

// Each model once, numbered in the order of the sources; what a list says of one counts before its name
// alone.
void merge_sources(Connection& connection) {
  connection.execute(R"sql(
CREATE OR REPLACE TEMP TABLE requested AS
SELECT source, row_number() OVER (ORDER BY source, model) - 1 AS model, * EXCLUDE (source, model)
FROM (SELECT * FROM requested
      QUALIFY row_number() OVER (PARTITION BY model_name ORDER BY source = 0, source, model) = 1)
)sql");
}

void request_names(Connection& connection, int64_t source, const std::vector<std::string>& names) {
  connection.query(
      "INSERT INTO requested (source, model, model_name) SELECT $1, unnest(range(len($2))), unnest($2)",
      {source, names});
}

}  // namespace

std::string attribute_sql(const std::string& name, const std::string& type) {
  return fmt::format("try_cast(json_extract_string(m.attributes, {}) AS {})", sql_text(json_pointer({name})),
                     type);
}

AttributeTypes write_plan_models(Connection& connection, int64_t plan_id, const PlanSpec& spec) {
  connection.execute(kRequestedSql);
  AttributeTypes types;
  request_names(connection, 0, names_of(connection, spec));
  int64_t number = 0;
  for (const ModelSource& source : spec.models) {
    if (source.list) ListReader(connection, spec, source).read(++number, types);
  }
  std::vector<std::string> included;
  for (const Inclusion& inclusion : spec.inclusions) {
    for (const auto& [key, value] : inclusion.cell) {
      if (key == "model_name") included.push_back(std::get<std::string>(value.data));
    }
  }
  if (!included.empty()) request_names(connection, number + 1, included);
  if (number > 1 || (number == 1 && spec.models.size() > 1) || !included.empty()) merge_sources(connection);
  connection.query(kModelsSql, {plan_id});
  add_known_types(connection, plan_id, types);
  return types;
}

}  // namespace testloom
