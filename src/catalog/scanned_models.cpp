#include "catalog/scanned_models.h"

#include <algorithm>

#include "base/clock.h"
#include "store/appender.h"

namespace testloom {

namespace {

void fill(Connection& connection, const std::vector<FoundOnDisk>& models) {
  connection.execute(
      "CREATE OR REPLACE TEMP TABLE scanned_models (place BIGINT, model_name VARCHAR, location VARCHAR, "
      "revision VARCHAR, config VARCHAR, parameter_count BIGINT, weight_bytes BIGINT)");
  Appender rows(connection, "temp", "scanned_models");
  const auto text = [&](const std::optional<std::string>& value) {
    value ? rows.add(std::string_view(*value)) : rows.add_null();
  };
  const auto integer = [&](const std::optional<int64_t>& value) {
    value ? rows.add(*value) : rows.add_null();
  };
  for (size_t place = 0; place < models.size(); ++place) {
    const FoundOnDisk& model = models[place];
    rows.add(static_cast<int64_t>(place)).add(model.model_name).add(model.location);
    text(model.revision);
    text(model.config);
    integer(model.parameter_count);
    integer(model.weight_bytes);
    rows.end_row();
  }
  rows.flush();
}

std::vector<Kept> compare(Connection& connection) {
  Result rows = connection.query(R"sql(
SELECT m.model_name IS NULL,
       (s.location, s.revision, s.parameter_count, s.weight_bytes)
         IS DISTINCT FROM (m.location, m.revision, m.parameter_count, m.weight_bytes)
       OR (s.config IS NOT NULL AND s.config IS DISTINCT FROM m.config::VARCHAR)
FROM scanned_models s LEFT JOIN models m ON m.model_name = s.model_name ORDER BY s.place)sql");
  std::vector<Kept> kept;
  while (rows.next())
    kept.push_back(rows.boolean(0) ? Kept::added : rows.boolean(1) ? Kept::changed : Kept::same);
  return kept;
}

}  // namespace

std::vector<Kept> keep_models(Connection& connection, const std::vector<FoundOnDisk>& models) {
  Transaction transaction(connection);
  fill(connection, models);
  std::vector<Kept> kept = compare(connection);
  const bool same = std::all_of(kept.begin(), kept.end(), [](Kept k) { return k == Kept::same; });
  if (!same) {
    connection.execute(R"sql(
UPDATE models
SET location = s.location, revision = s.revision, config = coalesce(s.config::JSON, models.config),
    parameter_count = s.parameter_count, weight_bytes = s.weight_bytes
FROM scanned_models s
WHERE s.model_name = models.model_name
  AND ((s.location, s.revision, s.parameter_count, s.weight_bytes)
         IS DISTINCT FROM (models.location, models.revision, models.parameter_count, models.weight_bytes)
       OR (s.config IS NOT NULL AND s.config IS DISTINCT FROM models.config::VARCHAR)))sql");
    connection.query(
        "INSERT INTO models (model_id, model_name, location, revision, config, parameter_count, "
        "weight_bytes, "
        "created_at) SELECT (SELECT coalesce(max(model_id), 0) FROM models) + row_number() OVER (ORDER BY "
        "s.place), s.model_name, s.location, s.revision, s.config::JSON, s.parameter_count, s.weight_bytes, "
        "? "
        "FROM scanned_models s WHERE s.model_name NOT IN (SELECT model_name FROM models) ORDER BY s.place",
        {utc_now()});
  }
  connection.execute("DROP TABLE scanned_models");
  transaction.commit();
  return kept;
}

}  // namespace testloom
