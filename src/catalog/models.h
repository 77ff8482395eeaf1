// The models a store knows, what the user says about them (mappings), and which family a model has: its
// mapping first, then its files, then its name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/family/family.h"
#include "store/database.h"

namespace testloom {

struct NewMapping {
  std::string model_name;
  std::string model_family;
  std::optional<int64_t> template_id;
  std::optional<std::string> description;
};

struct StoredMapping {
  int64_t mapping_id;
  std::string model_name;
  std::string model_family;
  std::optional<int64_t> template_id;
  std::optional<std::string> description;
};

struct StoredModel {
  std::string model_name;
  std::optional<std::string> location;
  std::optional<std::string> description;
  std::string model_family;
  std::string task;
  std::string origin;  // mapping, config, name, or none
  std::optional<int64_t> template_id;
  std::optional<std::string> revision = {};
  std::optional<int64_t> parameter_count = {};
  std::optional<int64_t> weight_bytes = {};
};

// Maps a model, replacing what a mapping said before; the model is known from then on. Throws an Error
// (usage) for a bad name or a template_id that is not there.
void add_mapping(Connection& connection, const NewMapping& added, std::vector<std::string>& notes);
std::optional<StoredMapping> find_mapping(Connection& connection, const std::string& model_name);

struct NewModel {
  std::string model_name;
  std::optional<std::string> location;
  std::optional<std::string> description;
  std::optional<std::string> config;                                 // a JSON object
  std::vector<std::pair<std::string, std::string>> attributes = {};  // by name: a value as JSON
  std::optional<int64_t> parameter_count = {};
  std::optional<int64_t> weight_bytes = {};
};

// Makes a model known, and maps it where a mapping is given, in one transaction; what is given replaces what
// was known, of the attributes those of the same name. Throws an Error (usage) as add_mapping() does, and
// spec for a config that is no JSON object.
void add_model(Connection& connection, const NewModel& added, const std::optional<NewMapping>& mapping,
               std::vector<std::string>& notes);

// All known models with the family each has, by name.
std::vector<StoredModel> stored_models(Connection& connection);

// The family of any model, known or not: from its mapping (confidence 1), then from its files, as
// family_of_stored() does, then from its name, then from the hub's cache.
FamilyGuess family_of(Connection& connection, const std::string& model_name);

// What is stored of a model's files says its family: its location where that is the full path of a folder,
// then its config; else its name. Empty texts are none.
FamilyGuess family_of_stored(std::string_view model_name, std::string_view config, std::string_view location);

// Registers the SQL functions detect_family(model_name) and family_of_stored(model_name, config, location)
// -> STRUCT(model_family, task, origin).
void register_detect_family(Connection& connection);

// What patterns on a command line stand for: a name known to the store or without * and ? is itself, any
// other is a glob over the known models. Each model once, in the order found. Throws an Error (usage) when a
// glob matches nothing.
std::vector<std::string> resolve_models(Connection& connection, const std::vector<std::string>& patterns);

}  // namespace testloom
