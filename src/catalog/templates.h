// The stored templates: the one home of "check, write, version". A text that does not pass its check is never
// written; a changed text becomes the next version under the same template_id, and old versions stay, since
// plans refer to them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/database.h"
#include "testloom/template.h"

namespace testloom {

struct NewTemplate {
  std::string template_name;
  std::string model_family;
  std::optional<std::string> hardware_type;  // none: any
  std::string content;
  std::optional<std::string> description;
  std::string path;  // stands in front of the lines in errors; empty: the template's name does
  // The kind of output, whether it is a partial (so is one whose name begins with '_'), and where it looks
  // for others before the store.
  CompileOptions options = {};
};

struct StoredTemplate {
  int64_t template_id;
  std::string template_name;
  std::string model_family;
  std::optional<std::string> hardware_type;
  std::string content;
  std::optional<std::string> description;
  std::string created_at;
  std::string updated_at;
  int64_t version;
  bool removed;
  std::string output_kind;
  bool is_partial;
};

struct AddedTemplate {
  int64_t template_id;
  int64_t version;
  bool is_new;            // the name, family and hardware type were not there before
  bool changed;           // a new version was written
  bool restored = false;  // it was removed and is back
  bool is_partial = false;
};

// In one transaction. Throws an Error: usage for a bad name, template_text for a text that does not pass.
AddedTemplate add_template(Connection& connection, const NewTemplate& added, std::vector<std::string>& notes);

// Adds every template that testloom ships, under the name of its family, in one transaction.
std::vector<AddedTemplate> add_shipped_templates(Connection& connection);

// Adds `reference` and `parity`, which compare a device with the CPU, for each family that templates are
// shipped for, and what they include, in one transaction. What the store has under these names stays as it
// is.
std::vector<AddedTemplate> add_parity_templates(Connection& connection);

// Hides a template from listing and selection. Throws an Error (usage) when there is none with this id.
void remove_template(Connection& connection, int64_t template_id);

// All that are not hidden, by id.
std::vector<StoredTemplate> stored_templates(Connection& connection);
std::optional<StoredTemplate> find_template(Connection& connection, int64_t template_id);

// The id that "3" or "vision" stands for. Throws an Error (usage) when there is none, or several variants.
int64_t resolve_template(Connection& connection, const std::string& id_or_name);

}  // namespace testloom
