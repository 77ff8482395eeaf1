// Bytes as a template: the first says its kind of output (p, t, j, y, s; capital: a part of others), the rest
// is its text, which may include and extend a few others. It ends in a Template or in an Error that can be
// read; a Template renders for plain and for hostile values, to text or to an Error.
#include <algorithm>
#include <map>

#include "base/text.h"
#include "given_values.h"
#include "oracle_child.h"

namespace testloom {
namespace {

constexpr size_t kMostOutput = 1 << 20;

class FewTemplates : public TemplateFinder {
 public:
  std::optional<FoundTemplate> find(std::string_view name, const std::string&) override {
    static const std::map<std::string_view, std::string_view> texts = {
        {"a", "x = ${task}\n"},
        {"b", "#% param size: int = 3\n#% for i in range(size)\ny = ${i}\n#% endfor"},
        {"c", "#% include d\n"},
        {"d", "#% include c\n"},
        {"e",
         "# ${model_name}\n#% block head\nx = 1\n#% endblock\ndef test_e():\n    #% block body\n    pass\n   "
         " #% endblock\n"},
        {"f", "#% extends e\n#% block body\n    return '${task}'\n#% endblock\n"},
        {"g", "'''${task}\n"},
        {"h", "#% if task\n"},
        {"i", "\"${task}\": [${batch_size}],\n"},
        {"j", "export A=${task}\n"},
        {"k", "#% extends k\n"}};
    const auto found = texts.find(name);
    if (found == texts.end()) return std::nullopt;
    return FoundTemplate{std::string(name), std::string(found->second)};
  }
};

void check_error(const Error& error) {
  if (error.kind() != ErrorKind::template_text)
    report(std::string("the wrong kind of error: ") + error.what());
  if (error.diagnostics().empty() || error.diagnostics().size() > 101) report("a wrong number of mistakes");
  if (!is_utf8(error.what())) report("an error that is not UTF-8");
  for (const Diagnostic& diagnostic : error.diagnostics()) {
    const SourcePosition& where = diagnostic.where;
    if (diagnostic.message.empty()) report("a mistake without a message");
    if (where.line < 0 || (where.line > 0 && (where.column < 1 || where.end_column < where.column)))
      report(std::string("a mistake without a place: ") + error.what());
    const int width = static_cast<int>(count_code_points(diagnostic.source_line));
    if (where.line > 0 && where.end_column > width + 1)
      report(std::string("a place past its line: ") + error.what());
  }
}

std::string render(Renderer& renderer) {
  try {
    const std::string text(renderer.render());
    if (!is_utf8(text) || text.size() > kMostOutput) report("a text that is too long, or not UTF-8");
    return text;
  } catch (const Error& error) {
    check_error(error);
    if (error.diagnostics()[0].where.line == 0)
      report(std::string("an error without a place: ") + error.what());
    return error.what();
  }
}

// Limits of a render that loops which are written out do not come near.
bool ends_early(const std::string& text) {
  return text.find("takes too long") != std::string::npos ||
         text.find("go round more than") != std::string::npos ||
         text.find("gets longer than") != std::string::npos;
}

Value hostile_value(ValueType type) {
  switch (type) {
    case ValueType::integer:
      return INT64_MIN;
    case ValueType::number:
      return -0.0;
    case ValueType::boolean:
      return false;
    case ValueType::list:
      return Value::List{"'\"\\\n", Value(), Value::Dict{{"", 1}}};
    case ValueType::dict:
      return Value::Dict{{"kind", "class"}, {"a'\n", Value::List{1.5}}, {"é", "}\\"}};
    default:
      return "a\"; import os  # '\n{\\$(x)`: \u2028";
  }
}

void set_values(const Template& compiled, Renderer& renderer, bool hostile) {
  for (const Given& one : given_values()) {
    try {
      if (compiled.find_slot(one.name)) renderer.set(one.name, one.value);
    } catch (const Error&) {  // a parameter of that name, of another type
    }
  }
  if (!hostile) return;
  for (const NameInfo& info : template_names()) renderer.set(info.name, hostile_value(info.type));
  for (const ParameterInfo& info : compiled.parameters()) {
    if (info.choices.empty() && !info.trusted) renderer.set(info.name, hostile_value(info.type));
  }
}

}  // namespace
}  // namespace testloom

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace testloom;
  if (size == 0) return -1;
  const std::string_view kinds = "ptjys";
  const size_t kind = kinds.find(static_cast<char>(data[0] | 0x20));
  if (kind == std::string_view::npos) return -1;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  FewTemplates finder;
  CompileOptions options{
      .output = static_cast<OutputKind>(kind), .is_partial = data[0] < 'a', .finder = &finder};
  try {
    const Template compiled = Template::compile("t", text, options);
    options.keeps_places = true;
    const Template with_places = Template::compile("t", text, options);
    if (compiled.dump().empty() && !compiled.used_names().empty()) report("names in an empty program");
    Renderer renderer(compiled), with_places_renderer(with_places);
    renderer.set_output_limit(kMostOutput);
    with_places_renderer.set_output_limit(kMostOutput);
    for (const bool hostile : {false, true}) {
      set_values(compiled, renderer, hostile);
      const std::string first = render(renderer);
      if (render(renderer) != first) report("two renders, two texts");
      set_values(with_places, with_places_renderer, hostile);
      const std::string kept = render(with_places_renderer);
      if (kept != first && !ends_early(kept)) report(first + "\nwith its places kept:\n" + kept);
    }
  } catch (const Error& error) {
    check_error(error);
  }
  return 0;
}
