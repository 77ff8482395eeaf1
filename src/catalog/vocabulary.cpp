#include "catalog/vocabulary.h"

#include "catalog/names.h"

namespace testloom {

namespace {

bool holds(Connection& connection, const char* sql, const std::string& word) {
  Result rows = connection.query(sql, {word});
  return rows.next();
}

}  // namespace

void check_model_family(Connection& connection, const std::string& family, std::vector<std::string>& notes) {
  std::vector<std::string> news;
  check_model_family(family, news);
  const char* sql =
      "SELECT 1 FROM (SELECT model_family FROM templates UNION ALL SELECT model_family FROM model_mapping) "
      "WHERE model_family = ? LIMIT 1";
  if (!news.empty() && !holds(connection, sql, family)) notes.insert(notes.end(), news.begin(), news.end());
}

void check_hardware_type(Connection& connection, const std::string& hardware_type,
                         std::vector<std::string>& notes) {
  std::vector<std::string> news;
  check_hardware_type(hardware_type, news);
  const char* sql = "SELECT 1 FROM templates WHERE hardware_type = ? LIMIT 1";
  if (!news.empty() && !holds(connection, sql, hardware_type))
    notes.insert(notes.end(), news.begin(), news.end());
}

}  // namespace testloom
