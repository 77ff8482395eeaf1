#include "store/upgrade.h"

#include <string>

#include "base/clock.h"
#include "store/schema.h"

namespace testloom {

namespace {

bool has_table(Connection& connection, const std::string& table) {
  Result rows = connection.query(
      "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'main' AND NOT temporary AND table_name = ?",
      {table});
  rows.next();
  return rows.integer(0) > 0;
}

// By table and column names, since any database may have a table called templates.
bool is_original(Connection& connection) {
  Result rows = connection.query(
      "SELECT count(*) FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal AND ("
      "(table_name = 'templates' AND column_name IN ('template_id', 'template_name', 'model_family', "
      "'hardware_type', "
      "'content', 'description', 'created_at', 'updated_at', 'version')) OR (table_name = 'model_mapping' "
      "AND column_name "
      "IN ('mapping_id', 'model_name', 'model_family', 'template_id', 'description')))");
  rows.next();
  return rows.integer(0) == 14;
}

void write_schema(Connection& connection) {
  connection.execute(kTablesSql);
  connection.execute(kEstimateTablesSql);
  connection.execute(tests_view_sql());
  connection.query("INSERT INTO store_info VALUES (?, 'testloom', ?)", {int64_t{kSchemaVersion}, utc_now()});
}

}  // namespace

StoreContent recognise(Connection& connection) {
  if (has_table(connection, "store_info")) {
    const int64_t version = schema_version(connection);
    return version > kSchemaVersion   ? StoreContent::newer
           : version < kSchemaVersion ? StoreContent::older
                                      : StoreContent::current;
  }
  if (is_original(connection)) return StoreContent::original;
  Result rows = connection.query("SELECT count(*) FROM duckdb_tables() WHERE NOT internal AND NOT temporary");
  rows.next();
  return rows.integer(0) == 0 ? StoreContent::empty : StoreContent::foreign;
}

int64_t schema_version(Connection& connection) {
  Result rows = connection.query("SELECT coalesce(max(schema_version), 0) FROM store_info");
  rows.next();
  return rows.integer(0);
}

bool is_snapshot(Connection& connection) {
  return connection.query("SELECT 1 FROM store_info WHERE created_by = ?", {kSnapshotMaker}).next();
}

void create_schema(Connection& connection) {
  Transaction transaction(connection);
  write_schema(connection);
  transaction.commit();
}

void upgrade_older(Connection& connection) {
  Transaction transaction(connection);
  if (schema_version(connection) < 2) connection.execute(kFromSchema1Sql);
  if (schema_version(connection) < 3) connection.execute(kFromSchema2Sql);
  if (schema_version(connection) < 4) {
    connection.execute(kFromSchema3Sql);
    connection.execute(kEstimateTablesSql);
    connection.execute(tests_view_sql());
  }
  connection.execute(kFromSchema4Sql);
  transaction.commit();
}

// The old tables cannot be altered in place: the foreign key from mapping to templates would stay. Their rows
// wait in temporary tables while they are dropped, the referring one first.
void upgrade_original(Connection& connection) {
  Transaction transaction(connection);
  connection.execute(
      "CREATE OR REPLACE TEMP TABLE old_templates AS SELECT * FROM main.templates;"
      "CREATE OR REPLACE TEMP TABLE old_mapping AS SELECT * FROM main.model_mapping;"
      "DROP TABLE main.model_mapping;"
      "DROP TABLE main.templates;");
  write_schema(connection);
  const std::string now = utc_now();
  connection.query(
      "INSERT INTO main.templates SELECT template_id, template_name, model_family, nullif(hardware_type, "
      "''), content, "
      "description, CAST(created_at AS VARCHAR), CAST(updated_at AS VARCHAR), coalesce(version, 1), NULL, "
      "'python', false FROM old_templates");
  connection.query(
      "INSERT INTO main.template_versions SELECT row_number() OVER (ORDER BY template_id), template_id, "
      "version, "
      "template_name, model_family, hardware_type, content, md5(content), ?, 'python', NULL FROM "
      "main.templates",
      {now});
  connection.query(
      "INSERT INTO main.model_mapping SELECT mapping_id, model_name, model_family, template_id, description "
      "FROM "
      "old_mapping");
  connection.query(
      "INSERT INTO main.models (model_id, model_name, created_at) SELECT row_number() OVER (ORDER BY "
      "min(mapping_id)), "
      "model_name, ? FROM main.model_mapping GROUP BY model_name",
      {now});
  connection.execute("DROP TABLE old_templates; DROP TABLE old_mapping;");
  transaction.commit();
}

}  // namespace testloom
