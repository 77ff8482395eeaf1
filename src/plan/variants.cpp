#include "plan/variants.h"

#include <fmt/format.h>

#include "catalog/template_parts.h"

namespace testloom {

namespace {

struct LiveTemplate {
  VersionKey key;
  OutputKind output;
  std::vector<UsedTemplate> files;  // what it took from files when it was added
};

std::vector<LiveTemplate> read_live(Connection& connection) {
  Result rows = connection.query(
      "SELECT l.template_id, l.version, l.template_name, l.model_family, l.hardware_type, v.content, "
      "coalesce(v.output_kind, 'python'), v.version_id FROM templates l JOIN template_versions v ON "
      "v.template_id = l.template_id AND v.version = l.version WHERE l.removed_at IS NULL AND NOT "
      "coalesce(l.is_partial, false) QUALIFY row_number() OVER (PARTITION BY l.template_id ORDER BY "
      "v.version_id) = 1 ORDER BY l.template_id");
  std::vector<LiveTemplate> live;
  while (rows.next()) {
    LiveTemplate found{{rows.integer(0), rows.integer(1), std::string(rows.text(2)),
                        std::string(rows.text(3)), rows.optional_text(4), std::string(rows.text(5))},
                       parse_output_kind(rows.text(6)).value_or(OutputKind::python),
                       {}};
    for (UsedTemplate& part : read_parts(connection, rows.integer(7))) {
      if (!part.found.stored) found.files.push_back(std::move(part));
    }
    live.push_back(std::move(found));
  }
  return live;
}

std::string find_parameter_without_value(const Template& compiled, const std::set<std::string>& axes) {
  for (const ParameterInfo& parameter : compiled.parameters()) {
    if (!parameter.default_value && !axes.contains(parameter.name)) return parameter.name;
  }
  return {};
}

struct Compiled {
  Variant variant;
  bool depends_on_hardware = false;  // a text of the store is part of it that has variants by hardware
};

// The names of templates that have a variant for one hardware type.
std::set<std::string> names_by_hardware(Connection& connection) {
  std::set<std::string> names;
  Result rows = connection.query(
      "SELECT DISTINCT template_name FROM templates WHERE removed_at IS NULL AND hardware_type IS NOT NULL");
  while (rows.next()) names.emplace(rows.text(0));
  return names;
}

std::string path_of(const LiveTemplate& live) { return fmt::format("template '{}'", live.key.template_name); }

Template compile(Connection& connection, const LiveTemplate& live, const std::string& hardware_type) {
  PartsFinder files(live.files, path_of(live));
  StoreFinder stored(connection, {live.key.model_family, hardware_type});
  FinderChain finder(&files, &stored);
  return Template::compile(path_of(live), live.key.content, {.output = live.output, .finder = &finder});
}

Compiled compile_live(Connection& connection, TemplatesAhead& ahead, const LiveTemplate& live,
                      const std::string& hardware_type, const std::set<std::string>& axes,
                      const std::set<std::string>& by_hardware) {
  const std::string path = path_of(live);
  Compiled made;
  Variant& variant = made.variant;
  variant.template_id = live.key.template_id;
  variant.template_name = live.key.template_name;
  variant.model_family = live.key.model_family;
  variant.hardware_type = live.key.hardware_type;
  try {
    const std::unique_ptr<Template> done = ahead.take(live.key.template_id, hardware_type);
    const Template compiled = done ? std::move(*done) : compile(connection, live, hardware_type);
    variant.version_id = write_version(connection, live.key, compiled);
    variant.required_keys = compiled.required_keys();
    variant.parameters = compiled.parameters();
    variant.needs = compiled.needs();
    variant.workload = compiled.workload();
    for (const UsedTemplate& used : compiled.used_templates())
      made.depends_on_hardware |= used.found.stored && by_hardware.contains(used.name);
    for (const std::string_view name : compiled.used_names()) {
      variant.uses_model_data = variant.uses_model_data || name == "config" || name == "model";
    }
    if (const std::string parameter = find_parameter_without_value(compiled, axes); !parameter.empty()) {
      variant.problem = fmt::format("the parameter '{}' of the {} has no value", parameter, path);
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::template_text) throw;
    made.depends_on_hardware = true;
    variant.problem = fmt::format("the {} does not pass its check: {}", path, error.message());
  }
  return made;
}

}  // namespace

TemplatesAhead::TemplatesAhead(const Store& store, std::string hardware_type)
    : hardware_type_(std::move(hardware_type)) {
  running_ = std::async(std::launch::async, [&store, hardware = hardware_type_] {
    Compiled compiled;
    try {
      Connection connection = store.connect();
      for (const LiveTemplate& live : read_live(connection)) {
        if (live.key.hardware_type.value_or(hardware) != hardware) continue;
        compiled[live.key.template_id] =
            std::make_unique<Template>(testloom::compile(connection, live, hardware));
      }
    } catch (const Error&) {
      // Whoever needs it compiles it and sees the error.
    }
    return compiled;
  });
}

std::unique_ptr<Template> TemplatesAhead::take(int64_t template_id, const std::string& hardware_type) {
  if (running_.valid()) compiled_ = running_.get();
  if (hardware_type != hardware_type_) return nullptr;
  const auto found = compiled_.find(template_id);
  return found == compiled_.end() ? nullptr : std::move(found->second);
}

// There are few templates, so all are compiled; those made of the store's texts for each hardware type, since
// these may have variants.
std::vector<Variant> make_variants(Connection& connection, TemplatesAhead& ahead,
                                   const std::set<std::string>& hardware_types,
                                   const std::set<std::string>& axes) {
  const std::set<std::string> by_hardware = names_by_hardware(connection);
  std::vector<Variant> variants;
  for (const LiveTemplate& live : read_live(connection)) {
    std::optional<Compiled> made;
    for (const std::string& hardware_type : hardware_types) {
      if (live.key.hardware_type && *live.key.hardware_type != hardware_type) continue;
      if (!made || made->depends_on_hardware)
        made = compile_live(connection, ahead, live, hardware_type, axes, by_hardware);
      variants.push_back(made->variant);
      variants.back().on_hardware = hardware_type;
    }
  }
  return variants;
}

}  // namespace testloom
