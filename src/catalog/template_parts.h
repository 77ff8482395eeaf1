// The texts that a stored template is put together from: those written down with a version of it, and those
// that the store has now.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/database.h"
#include "testloom/template.h"

namespace testloom {

// For which cells a template looks for others: of variants of one name, the one for exactly this family and
// hardware type wins, then this family, then any family (a partial's alone).
struct VariantWanted {
  std::optional<std::string> model_family;  // none: a partial for every family, or else any variant
  std::optional<std::string> hardware_type;
};

// Partials may be for every family.
inline constexpr std::string_view kAnyFamily = "any";

// Finds in the store as it is now; for a text found there also what was written down with it.
class StoreFinder : public TemplateFinder {
 public:
  StoreFinder(Connection& connection, VariantWanted wanted)
      : connection_(connection), wanted_(std::move(wanted)) {}
  std::optional<FoundTemplate> find(std::string_view name, const std::string& from) override;

 private:
  void remember_parts(int64_t template_id, const std::string& path);

  Connection& connection_;
  VariantWanted wanted_;
  std::vector<UsedTemplate> parts_;  // of the texts found so far
};

// Finds what was written down with a version; `own_path` is the path that the template is compiled under.
class PartsFinder : public TemplateFinder {
 public:
  PartsFinder(std::vector<UsedTemplate> parts, std::string own_path)
      : parts_(std::move(parts)), own_path_(std::move(own_path)) {}
  std::optional<FoundTemplate> find(std::string_view name, const std::string& from) override;

 private:
  std::vector<UsedTemplate> parts_;
  std::string own_path_;
};

// Asks one after the other.
class FinderChain : public TemplateFinder {
 public:
  FinderChain(TemplateFinder* first, TemplateFinder* second) : first_(first), second_(second) {}
  std::optional<FoundTemplate> find(std::string_view name, const std::string& from) override;

 private:
  TemplateFinder* first_;  // may be null, and so may the second
  TemplateFinder* second_;
};

// The parts of a version, in the order they were met.
std::vector<UsedTemplate> read_parts(Connection& connection, int64_t version_id);

// A version's text, ready to render. Throws an Error: store when it is not there, template_text when it does
// not pass.
Template compile_version(Connection& connection, int64_t version_id);

// One version of a template together with its parts, which a plan can refer to.
struct VersionKey {
  int64_t template_id;
  int64_t version;
  std::string template_name;
  std::string model_family;
  std::optional<std::string> hardware_type;
  std::string content;
};

// The version_id of these texts: one that is there already, or a new row. REQUIRES: a transaction is open.
int64_t write_version(Connection& connection, const VersionKey& key, const Template& compiled);

}  // namespace testloom
