#include "catalog/model_list.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/csv_list.h"
#include "catalog/model_location.h"
#include "catalog/names.h"
#include "store/appender.h"
#include "store/sql_text.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(std::string message, std::string hint) {
  throw Error(ErrorKind::spec, std::move(message), std::move(hint));
}

// The first line of what DuckDB says, without what it says of its own statement.
std::string reason_of(const Error& problem) {
  const std::string_view message = problem.message();
  return one_line(message.substr(0, message.find_first_of("\r\n")), 300);
}

bool is_csv(const fs::path& file) { return file.extension() == ".csv" || file.extension() == ".tsv"; }

std::string reader_of(const fs::path& file) {
  const std::string suffix = file.extension();
  if (suffix == ".parquet") return fmt::format("read_parquet({})", literal_path_sql(file));
  if (is_csv(file)) return csv_reader_sql(file, csv_form_of(file));
  if (suffix == ".json" || suffix == ".jsonl" || suffix == ".ndjson")
    return fmt::format("read_json_auto({})", literal_path_sql(file));
  refuse(fmt::format("{} is no list of models that can be read", quote(file.native(), 400)),
         "lists are .csv, .tsv, .parquet, .json, .jsonl or .ndjson files");
}

// One file that lists models, on its way into the table `listed_models`.
class ListReader {
 public:
  ListReader(Connection& connection, const fs::path& file)
      : connection_(connection), file_(file), reader_(reader_of(file)) {}

  AttributeTypes read() {
    std::error_code error;
    if (fs::is_directory(file_, error)) refuse(fmt::format("{} is a folder", shown()), "name a file in it");
    if (!fs::exists(file_, error)) refuse(fmt::format("there is no file {}", shown()), "check its path");
    read_columns();
    try {
      connection_.query(
          fmt::format("CREATE OR REPLACE TEMP TABLE listed_models AS SELECT row_number() OVER () - 1 AS "
                      "place, {} FROM {}",
                      columns_sql(), reader_));
    } catch (const Error& problem) {
      if (is_csv(file_)) refuse_broken_lines(file_, csv_form_of(file_), problem.message());
      refuse(fmt::format("{} cannot be read: {}", shown(), reason_of(problem)),
             "see that it is whole, and that its columns hold what they should");
    }
    check_rows();
    find_locations();
    return types_;
  }

 private:
  std::string shown() const { return quote(file_.native(), 400); }

  void read_columns() {
    try {
      Result rows = connection_.query(fmt::format("DESCRIBE SELECT * FROM {}", reader_));
      while (rows.next()) columns_.emplace_back(std::string(rows.text(0)), std::string(rows.text(1)));
    } catch (const Error& problem) {
      if (is_csv(file_)) refuse_broken_lines(file_, csv_form_of(file_), problem.message());
      refuse(fmt::format("{} cannot be read: {}", shown(), reason_of(problem)),
             "lists are CSV, Parquet or JSON files with a column 'name'");
    }
    std::vector<std::string> names;
    for (const auto& column : columns_) names.push_back(column.first);
    for (const char* wanted : {"name", "model_name"}) {
      if (name_column_.empty() && std::find(names.begin(), names.end(), wanted) != names.end())
        name_column_ = wanted;
    }
    if (name_column_.empty()) {
      refuse(fmt::format("{} has no column 'name'", shown()),
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
    Result counts = connection_.query(fmt::format(
        "SELECT count({}), count(model_name) - count(DISTINCT model_name) FROM listed_models", why));
    counts.next();
    if (counts.integer(0) + counts.integer(1) == 0) return;
    Result bad =
        connection_.query(fmt::format("SELECT place + 1, why, count(*) OVER () FROM (SELECT place, "
                                      "coalesce({}, CASE WHEN row_number() OVER (PARTITION "
                                      "BY model_name ORDER BY place) > 1 THEN 'names ''' || model_name[:80] "
                                      "|| ''' again' END) AS why FROM listed_models) WHERE "
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
        fmt::format("{} has {} that cannot be used", shown(), counted(static_cast<uint64_t>(count), "row")),
        rows + (count > shown_rows ? fmt::format("; and {} more", count - shown_rows) : ""));
  }

  // What is here counts from the list's folder.
  void find_locations() {
    connection_.execute("CREATE OR REPLACE TEMP TABLE full_locations (given VARCHAR, path VARCHAR)");
    Appender found(connection_, "temp", "full_locations");
    std::map<std::string, bool> is_here;  // by what stands before the first slash: most are no folder
    Result rows = connection_.query(
        "SELECT DISTINCT location FROM listed_models WHERE location IS NOT NULL AND NOT location[1] = '/'");
    while (rows.next()) {
      const std::string given(rows.text(0));
      const auto [first, is_new] = is_here.emplace(given.substr(0, given.find('/')), false);
      std::error_code error;
      if (is_new) first->second = fs::exists(file_.parent_path() / first->first, error);
      if (!first->second) continue;
      found.add(given).add(full_location(given, file_.parent_path())).end_row();
    }
    found.flush();
    connection_.execute(
        "UPDATE listed_models SET location = path FROM full_locations WHERE location = given AND path <> "
        "given; "
        "DROP TABLE full_locations");
  }

  Connection& connection_;
  const fs::path& file_;
  std::string reader_;
  std::vector<std::pair<std::string, std::string>> columns_;  // name and type
  std::string name_column_;
  AttributeTypes types_;
};

}  // namespace

AttributeTypes read_model_list(Connection& connection, const fs::path& file) {
  return ListReader(connection, file).read();
}

ImportedModels import_models(Connection& connection, const fs::path& file) {
  Transaction transaction(connection);
  read_model_list(connection, file);
  connection.execute(R"sql(
UPDATE model_mapping SET model_family = l.model_family FROM listed_models l
WHERE l.model_name = model_mapping.model_name AND l.model_family IS NOT NULL;
INSERT INTO model_mapping
SELECT (SELECT coalesce(max(mapping_id), 0) FROM model_mapping) + row_number() OVER (ORDER BY l.place), l.model_name,
       l.model_family, NULL, NULL
FROM listed_models l
WHERE l.model_family IS NOT NULL AND l.model_name NOT IN (SELECT model_name FROM model_mapping);
UPDATE models
SET location = coalesce(l.location, models.location), revision = coalesce(l.revision, models.revision),
    task = coalesce(l.task, models.task), config = coalesce(l.config, models.config),
    attributes = CASE WHEN l.attributes IS NULL THEN models.attributes WHEN models.attributes IS NULL THEN l.attributes
                      ELSE json_merge_patch(models.attributes, l.attributes) END
FROM listed_models l WHERE l.model_name = models.model_name;
INSERT INTO models (model_id, model_name, location, revision, task, config, attributes, created_at)
SELECT (SELECT coalesce(max(model_id), 0) FROM models) + row_number() OVER (ORDER BY l.place), l.model_name, l.location,
       l.revision, l.task, l.config, l.attributes, strftime(now()::TIMESTAMP, '%Y-%m-%dT%H:%M:%SZ')
FROM listed_models l WHERE l.model_name NOT IN (SELECT model_name FROM models)
)sql");
  Result rows = connection.query("SELECT count(*), count(model_family) FROM listed_models");
  rows.next();
  const ImportedModels imported{rows.integer(0), rows.integer(1)};
  connection.execute("DROP TABLE listed_models");
  transaction.commit();
  return imported;
}

}  // namespace testloom
