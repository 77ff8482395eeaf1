#include "model/scan/scanned_model.h"

#include <algorithm>

#include <boost/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "model/family/folder_family.h"
#include "model/files/json_text.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMaxNameBytes = 4096;  // as the store has it

// The first mistake, with its place and what to do, on one line.
std::string line_of(const Error& error) {
  const Diagnostic& first = error.diagnostics().front();
  std::string line = format_diagnostic(first);
  line.erase(std::min(line.find('\n'), line.size()));
  return first.hint.empty() ? line : line + "; " + first.hint;
}

void scan_config(ScannedModel& model) {
  const fs::path path = model.found.folder / "config.json";
  std::error_code ignored;
  if (!fs::is_symlink(path, ignored) && !fs::exists(path, ignored)) return;
  std::string text = read_file(path, max_config_bytes, ErrorKind::spec);
  const boost::json::object json = parse_json_object(text, path.native());
  // What Python writes beyond JSON is left out; all else stays as it is written.
  const bool special = text.find("NaN") != text.npos || text.find("Infinity") != text.npos;
  model.config = special ? boost::json::serialize(json) : std::move(text);
}

void scan_weights(ScannedModel& model) {
  const FoundModel& found = model.found;
  model.weights = found.set ? read_weight_set(found.folder, *found.set) : read_weight_files(found.folder);
  if (model.weights) {
    model.problems.insert(model.problems.end(), model.weights->notes.begin(), model.weights->notes.end());
  } else {
    model.problems.push_back("it has no weights that can be read");
  }
}

// The one place that says what family a model found on disk is of.
FamilyGuess family_of(const ScannedModel& model) {
  return family_of_folder(model.found.location).value_or(detect_family(model.found.model_name));
}

}  // namespace

ScannedModel scan_model(const FoundModel& found) {
  ScannedModel model;
  model.found = found;
  const auto attempt = [&](auto step) {
    try {
      step(model);
    } catch (const Error& error) {
      model.problems.push_back(line_of(error));
      model.broken = true;
    }
  };
  attempt(scan_config);
  attempt(scan_weights);
  if (!is_utf8(found.location.native()) || !is_utf8(found.model_name)) {
    model.problems.push_back("its path is not UTF-8: rename it");
    model.broken = true;
  }
  if (found.model_name.size() > kMaxNameBytes) {
    model.problems.push_back("its path is too long for a name: scan from a folder nearer to it");
    model.broken = true;
  }
  model.family = family_of(model);
  return model;
}

}  // namespace testloom
