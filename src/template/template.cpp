// The public face of the template language: runs the stages one after the other and keeps what rendering
// needs.
#include "testloom/template.h"

#include <algorithm>
#include <charconv>

#include "template/assemble.h"
#include "template/compiled.h"
#include "template/expression/work.h"
#include "template/names.h"
#include "template/value_datum.h"

namespace testloom {

using namespace templating;

namespace {

std::vector<Site> sites_of(const Sources& sources, const Expressions& expressions,
                           const std::vector<Place>& places) {
  std::vector<Site> sites;
  sites.reserve(places.size());
  for (const Place& place : places) {
    const Expression& expression = expressions[place.expression];
    sites.push_back({.span = place.span,
                     .name = sources.text(expression.span),
                     .type = expression.type,
                     .known = expression.kind != ExpressionKind::broken,
                     .is_raw = expression.kind == ExpressionKind::raw,
                     .is_identifier = expression.kind == ExpressionKind::identifier});
  }
  return sites;
}

std::vector<ParameterInfo> infos_of(const std::vector<ParameterDeclaration>& declared) {
  std::vector<ParameterInfo> infos;
  for (const ParameterDeclaration& parameter : declared) {
    ParameterInfo info{std::string(parameter.name),
                       parameter.type,
                       std::nullopt,
                       std::string(parameter.meaning),
                       {},
                       parameter.trusted};
    if (parameter.default_value) info.default_value = to_value(*parameter.default_value);
    for (const Datum& choice : parameter.choices) info.choices.push_back(to_value(choice));
    infos.push_back(std::move(info));
  }
  return infos;
}

std::vector<NeedInfo> infos_of(const std::vector<NeedDeclaration>& declared) {
  std::vector<NeedInfo> infos;
  for (const NeedDeclaration& need : declared) {
    NeedInfo info{std::string(need.template_name), {}};
    for (const NeedDeclaration::Axis& axis : need.axes)
      info.axes.emplace_back(std::string(axis.name), to_value(axis.value));
    infos.push_back(std::move(info));
  }
  return infos;
}

std::vector<bool> find_wanted_names(const Program& program, size_t slots) {
  std::vector<bool> wanted(slots);
  for (const Operation& operation : program.operations) {
    if (operation.code != OpCode::put_slot) continue;
    const Rule rule = program.places[operation.place].placement.rule;
    if (rule == Rule::name || rule == Rule::identifier || rule == Rule::number_or_name)
      wanted[operation.expression] = true;
  }
  return wanted;
}

}  // namespace

Template Template::compile(std::string_view path, std::string_view text, const CompileOptions& options) {
  begin_work();
  auto compiled = std::make_unique<Compiled>(path, text);
  const Sources& sources = compiled->sources;
  Expressions& expressions = compiled->expressions;
  Mistakes mistakes;
  Composition composition = compose(compiled->sources, expressions, options, mistakes);
  Declarations& declarations = composition.tree.declarations;
  compiled->output = declarations.output.value_or(options.output);
  if (options.must_say_output && !declarations.output) {
    mistakes.push_back({std::nullopt, "what this template's text becomes is not known",
                        "write '#% output KIND' in its first line, with python, text, json, yaml or shell"});
  }
  compiled->resolution = resolve(composition.tree, expressions, mistakes);
  const std::vector<Place>& places = compiled->resolution.places;

  const CodeText code(sources, composition.tree.nodes);
  const bool is_test =
      compiled->output == OutputKind::python && !options.is_partial && composition.tree.is_whole;
  const Placements placements =
      place(compiled->output, code, sites_of(sources, expressions, places), is_test, mistakes);
  if (!mistakes.empty()) sources.refuse(std::move(mistakes));

  compiled->program = assemble(composition.tree, compiled->resolution, placements, expressions,
                               options.keeps_places, options.marks_lines ? &sources : nullptr);
  compiled->keeps_places = options.keeps_places;
  compiled->parameters = infos_of(declarations.parameters);
  compiled->needs = infos_of(declarations.needs);
  compiled->is_exclusive = declarations.exclusive;
  compiled->cores = declarations.cores;
  for (WorkloadDeclaration& declared : declarations.workload)
    compiled->workload.emplace_back(declared.key, std::move(declared.value));
  compiled->declared = std::move(declarations.parameters);
  compiled->used = std::move(composition.used);
  compiled->names_wanted = find_wanted_names(compiled->program, compiled->resolution.slot_count);
  return Template(std::move(compiled));
}

Template::Template(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

OutputKind Template::output_kind() const { return compiled_->output; }
const std::vector<ParameterInfo>& Template::parameters() const { return compiled_->parameters; }
const std::vector<NeedInfo>& Template::needs() const { return compiled_->needs; }
bool Template::is_exclusive() const { return compiled_->is_exclusive; }
std::optional<int64_t> Template::cores() const { return compiled_->cores; }
const std::vector<std::pair<std::string, Value>>& Template::workload() const { return compiled_->workload; }
const std::vector<RequiredKey>& Template::required_keys() const {
  return compiled_->resolution.required_keys;
}
const std::vector<UsedTemplate>& Template::used_templates() const { return compiled_->used; }

std::vector<std::string_view> Template::used_names() const {
  std::vector<std::string_view> names;
  for (const size_t slot : compiled_->resolution.used_slots) {
    names.push_back(slot < kFirstParameterSlot
                        ? template_names()[slot].name
                        : std::string_view(compiled_->parameters[slot - kFirstParameterSlot].name));
  }
  return names;
}

std::optional<size_t> Template::find_slot(std::string_view name) const {
  if (const std::optional<size_t> slot = find_fixed_slot(name)) return slot;
  for (size_t i = 0; i < compiled_->parameters.size(); ++i) {
    if (compiled_->parameters[i].name == name) return kFirstParameterSlot + i;
  }
  return std::nullopt;
}

std::string Template::render(const std::vector<std::pair<std::string, Value>>& values) const {
  Renderer renderer(*this);
  for (const auto& [name, value] : values) {
    if (find_slot(name)) renderer.set(name, value);
  }
  return std::string(renderer.render());
}

namespace {

// Finds what a template found when it was compiled.
class UsedFinder final : public TemplateFinder {
 public:
  explicit UsedFinder(const std::vector<UsedTemplate>& used) : used_(used) {}
  std::optional<FoundTemplate> find(std::string_view name, const std::string& from) override {
    for (const UsedTemplate& each : used_) {
      if (each.name == name && (each.from == from || each.from.empty())) return each.found;
    }
    return std::nullopt;
  }

 private:
  const std::vector<UsedTemplate>& used_;
};

// The origin that a mark at the beginning of a line tells; none where there is no mark.
std::optional<LineOrigin> origin_of(std::string_view line, const Sources& sources) {
  if (line.empty() || line.front() != kLineMark) return std::nullopt;
  uint32_t file = 0;
  LineOrigin origin;
  const char* const end = line.data() + line.size();
  const auto [colon, error] = std::from_chars(line.data() + 1, end, file);
  if (error != std::errc() || colon == end || *colon != ':') return std::nullopt;
  std::from_chars(colon + 1, end, origin.line);
  if (file >= sources.count()) return std::nullopt;
  origin.path = sources.file(file).path();
  return origin;
}

}  // namespace

std::vector<LineOrigin> Template::line_origins(
    const std::vector<std::pair<std::string, Value>>& values) const {
  UsedFinder finder(compiled_->used);
  const Source& own = compiled_->sources.file(0);
  const Template marked =
      compile(own.path(), own.text(), {.output = compiled_->output, .finder = &finder, .marks_lines = true});
  const std::string text = marked.render(values);
  std::vector<LineOrigin> origins;
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    if (end == std::string::npos) end = text.size();
    const auto origin = origin_of(std::string_view(text).substr(at, end - at), marked.compiled_->sources);
    origins.push_back(origin ? *origin : origins.empty() ? LineOrigin{own.path(), 1} : origins.back());
    at = end + 1;
  }
  return origins;
}

std::string Template::dump() const { return templating::dump(compiled_->program, compiled_->expressions); }

}  // namespace testloom
