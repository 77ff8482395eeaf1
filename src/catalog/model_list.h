// Files that list models: CSV, Parquet or JSON, as DuckDB reads them. A column `name` (or `model_name`) is a
// must; model_family, task, location, revision and config (JSON) say what is known of a model, all other
// columns are its attributes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "store/database.h"

namespace testloom {

// What is known of the models' attributes: DuckDB's type of each, for conditions.
using AttributeTypes = std::map<std::string, std::string>;

// Fills the temporary table listed_models(place, model_name, model_family, task, location, revision, config,
// attributes), place counting from 0. Throws an Error (spec) for a file that cannot be read, has no names, or
// rows that are no models, with the first of them.
AttributeTypes read_model_list(Connection& connection, const std::filesystem::path& file);

struct ImportedModels {
  int64_t models = 0;
  int64_t mapped = 0;  // with a family
};

// Makes the models of a list known, in one transaction: what it says replaces what was known, a family
// becomes a mapping. Throws as read_model_list().
ImportedModels import_models(Connection& connection, const std::filesystem::path& file);

}  // namespace testloom
