// The template language's outside interface: a text becomes a checked Template once, which then renders
// for any number of values. Rendering needs no store; a value can never become code.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "testloom/error.h"

namespace testloom {

// What a template's text becomes, which decides what may stand where in it.
enum class OutputKind : uint8_t { python, text, json, yaml, shell };

// "python", "text", "json", "yaml", "shell", and back.
std::string_view name_of(OutputKind kind);
std::optional<OutputKind> parse_output_kind(std::string_view name);
// The kind for a file's suffix, such as ".py" or ".sh"; nothing for one that is not known.
std::optional<OutputKind> output_kind_of_suffix(std::string_view suffix);
// The suffixes that are known, those of Python first.
std::vector<std::string_view> output_suffixes();

// One of Python's types as far as the language has them; `any` where it is known only when rendered.
enum class ValueType : uint8_t {
  any,
  none,
  boolean,
  integer,
  number,
  text,
  list,
  tuple,
  dict,
  range,
  iterator
};

// "integer", "text", ... for people.
std::string_view type_word(ValueType type);

// A value that is given from outside. Integers are of 64 bits, texts UTF-8, which may hold U+0000.
struct Value {
  using List = std::vector<Value>;
  using Dict = std::vector<std::pair<std::string, Value>>;  // no key twice

  std::variant<std::monostate, bool, int64_t, double, std::string, List, Dict> data;

  Value() = default;  // None
  Value(bool truth) : data(truth) {}
  Value(int64_t integer) : data(integer) {}
  Value(int integer) : data(int64_t{integer}) {}
  Value(double number) : data(number) {}
  Value(std::string text) : data(std::move(text)) {}
  Value(std::string_view text) : data(std::string(text)) {}
  Value(const char* text) : data(std::string(text)) {}
  Value(List items) : data(std::move(items)) {}
  Value(Dict entries) : data(std::move(entries)) {}
};

// One name a template may use, with the type of its value.
struct NameInfo {
  std::string_view name;
  ValueType type;
  std::string_view meaning;  // one line for `template vars` and the docs
};

// Every name that is always there, in the order of their slots.
const std::vector<NameInfo>& template_names();

// What `#% param` declares.
struct ParameterInfo {
  std::string name;
  ValueType type = ValueType::any;
  std::optional<Value> default_value;
  std::string meaning;
  std::vector<Value> choices;  // empty: any value of the type
  bool trusted = false;        // raw() may take it
};

// What `#% needs` asks for: another template's test, on the same cell but for these axes.
struct NeedInfo {
  std::string template_name;
  std::vector<std::pair<std::string, Value>> axes;
};

// A key of `config` or `model` that is used wherever the template is rendered, as in
// config.text_config.depth.
struct RequiredKey {
  std::string root;  // config or model
  std::vector<std::string> path;
};

// Another template's text, as a finder gives it.
struct FoundTemplate {
  std::string path;  // for errors
  std::string content;
  bool stored = false;  // it comes from the store and may change there
};

// Where `#% include` and `#% extends` look for other templates.
class TemplateFinder {
 public:
  virtual ~TemplateFinder() = default;
  // `from` is the path of the text that names it. Nothing when there is none. May throw an Error.
  virtual std::optional<FoundTemplate> find(std::string_view name, const std::string& from) = 0;
};

// One text that a template was put together from, besides its own.
struct UsedTemplate {
  std::string name;
  std::string from;  // the path of the text that names it; empty for the template's own
  FoundTemplate found;
  bool extended = false;  // by `#% extends`: its blocks may have been replaced
};

struct CompileOptions {
  OutputKind output = OutputKind::python;  // unless `#% output` says another
  bool must_say_output = false;            // it is a mistake when `#% output` says none
  bool is_partial = false;                 // there to be included: it needs no test function
  TemplateFinder* finder = nullptr;        // none: nothing can be included
  bool keeps_places = false;               // every place is put anew in each render, see render_replacing()
  bool marks_lines = false;                // for line_origins(): a mark stands where each line begins
};

// The line of a template that a line of what it rendered comes from.
struct LineOrigin {
  std::string path;  // as it stands in front of errors
  int line = 0;      // from 1
};

class Template {
 public:
  // Checks `text` and makes it ready to render. `path` stands in front of every error's line and column.
  // Throws an Error (template_text) with every mistake found, ordered by place.
  // A text of kind Python must hold exactly one top-level test function, whatever the values.
  static Template compile(std::string_view path, std::string_view text, const CompileOptions& options = {});

  // Largest accepted template, in bytes.
  static constexpr size_t kMaxBytes = 1 << 20;

  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  OutputKind output_kind() const;
  const std::vector<ParameterInfo>& parameters() const;
  const std::vector<NeedInfo>& needs() const;
  bool is_exclusive() const;
  std::optional<int64_t> cores() const;
  // What `#% workload` says of what is done with the model, in the order of the text, what is included last:
  // integers from 1 to 1e9, audio_seconds as a number above 0 in seconds, texts among those that the key
  // takes. What a parameter of the same name says is not among it.
  const std::vector<std::pair<std::string, Value>>& workload() const;
  const std::vector<RequiredKey>& required_keys() const;
  // The names of always-there names and parameters that the text uses, `config` and `model` among them.
  std::vector<std::string_view> used_names() const;
  // The texts that were included and extended, each once, in the order they were met.
  const std::vector<UsedTemplate>& used_templates() const;

  // The slot that a value for this name goes to; nothing for a name that the template does not know.
  std::optional<size_t> find_slot(std::string_view name) const;

  // The text for these values, by name; those that the template does not know are passed over. Throws as
  // Renderer does.
  std::string render(const std::vector<std::pair<std::string, Value>>& values) const;

  // For each line of that text, where it comes from; one that a value brought counts as the line before it.
  // Works all of it out anew: for those who explain an error, not for each test. Throws as render() does.
  std::vector<LineOrigin> line_origins(const std::vector<std::pair<std::string, Value>>& values) const;

  // The stages' dump for golden tests: one line an operation.
  std::string dump() const;

 private:
  friend class Renderer;
  struct Compiled;
  explicit Template(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

// Renders one template again and again; keeps its values and its memory between the renders, so that what
// stays the same is not set again and nothing is allocated once warm. The template must outlive it. For use
// by one thread at a time.
class Renderer {
 public:
  explicit Renderer(const Template& compiled);
  Renderer(Renderer&&) noexcept;
  Renderer& operator=(Renderer&&) noexcept;
  ~Renderer();

  // Throws an Error (usage) on a name that the template does not know, a value that is not of its type or not
  // among its choices, text that is not UTF-8, and containers nested more than 64 deep.
  Renderer& set(std::string_view name, const Value& value);
  // The same by slot, for a name whose type is text or integer; the text must be UTF-8, which is not checked.
  void set_text(size_t slot, std::string_view text);
  void set_integer(size_t slot, int64_t integer);
  // Parameters go back to their defaults, everything else is not there any more.
  void clear();

  // The text, valid until the next call. Throws an Error (template_text) at the place in the template that
  // cannot be rendered, with the value: one that is missing or cannot stand where it is put, an operation
  // that has no result, more output than the limit.
  std::string_view render();
  void set_output_limit(size_t bytes);  // 16 MiB unless set

  // For those who test what becomes of values: how many places values are put at, and a render in which the
  // values put at one of them are replaced after everything has been worked out. REQUIRES: the template was
  // compiled with keeps_places; else what does not depend on values from outside is put before.
  size_t place_count() const;
  ValueType place_type(size_t place) const;
  std::string_view place_rule(size_t place) const;
  // What is said of a place, with the line that it stands in and the way that led to it.
  Diagnostic place_diagnostic(size_t place, std::string message) const;
  std::string_view render_replacing(size_t place, const Value& value);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace testloom
