// `testloom template render`: one text for the values on the command line, or a stream of texts for a stream
// of values.
#include <fmt/format.h>

#include "base/text.h"
#include "cli/error_object.h"
#include "cli/screen.h"
#include "cli/template_files.h"
#include "cli/template_values.h"

namespace testloom::cli {

namespace {

struct RenderOptions {
  std::string file;
  ValueOptions values;
};

// Answers line by line. What was answered is written before more is read, so that whoever writes the lines
// can wait for the answers.
class Answers {
 public:
  Answers(ValueSetter& setter, Renderer& renderer) : setter_(setter), renderer_(renderer) {}

  // 0, or the exit code of what was wrong with a line; input that is none weighs more than a template's
  // error.
  int answer_all(LineReader& reader) {
    std::string_view line;
    bool is_too_long = false;
    for (int number = 1; reader.next(line, is_too_long); ++number) {
      if (is_too_long || !trimmed(line).empty()) answer(line, is_too_long, reader.name(), number);
      if (out_.size() >= kMostWaiting || reader.must_read()) write();
    }
    write();
    return code_;
  }

 private:
  static constexpr size_t kMostWaiting = 256 << 10;

  void answer(std::string_view line, bool is_too_long, const std::string& path, int number) {
    try {
      const NamedValues values = read_values(line, is_too_long, path, number);
      set(values, path, number);
      const std::string_view text = renderer_.render();
      out_ += "{\"text\": ";
      append_json_string(out_, text);
      out_ += "}\n";
    } catch (const Error& error) {
      code_ = std::max(code_, exit_code(error.kind()));
      JsonWriter json;
      json.begin_object().key("error");
      write_error(json, error);
      out_ += json.end_object().text();
      out_ += '\n';
    }
  }

  // A value of a line that does not fit its name is an error of the line.
  void set(const NamedValues& values, const std::string& path, int number) {
    try {
      setter_.set(values);
    } catch (const Error& error) {
      std::vector<Diagnostic> placed = error.diagnostics();
      for (Diagnostic& diagnostic : placed) diagnostic.where = {path, number, 0, 0};
      throw Error(ErrorKind::spec, std::move(placed));
    }
  }

  void write() {
    if (!out_.empty()) print(out_);
    out_.clear();
  }

  ValueSetter& setter_;
  Renderer& renderer_;
  std::string out_;
  int code_ = 0;
};

// The cell that --set names, as far as it decides between the store's variants.
VariantWanted variant_of(const std::vector<std::string>& set) {
  VariantWanted wanted;
  for (const std::string& given : set) {
    constexpr std::string_view family = "model_family=", hardware = "hardware_type=";
    if (given.starts_with(family)) wanted.model_family = given.substr(family.size());
    if (given.starts_with(hardware)) wanted.hardware_type = given.substr(hardware.size());
  }
  return wanted;
}

int run_render(const Context& context, const RenderOptions& options) {
  TemplateSearch search(context, {options.file}, variant_of(options.values.set));
  CompileOptions how = options_for(options.file);
  how.finder = &search.finder();
  const Template compiled = compile_file(options.file, how);
  Renderer renderer(compiled);
  ValueSetter setter(compiled, renderer, template_name_of(options.file),
                     values_of_set(compiled, options.values.set));
  if (options.values.values) {
    LineReader reader(*options.values.values);
    return Answers(setter, renderer).answer_all(reader);
  }
  setter.set({});
  const std::string_view text = renderer.render();
  if (context.json) {
    print_line(JsonWriter().begin_object().member("text", text).end_object().text());
  } else {
    print(text);
  }
  return 0;
}

}  // namespace

void setup_template_render(CLI::App& parent, Context& context) {
  CLI::App* verb = add_verb(
      parent, "render", "print the text that a template file becomes; needs no store",
      "  testloom template render latency.py --set model_name=bert --set batch_size=4\n"
      "  testloom template render latency.py --set 'config={\"hidden_size\": 768}'\n"
      "  testloom template render latency.py --values cases.jsonl --set hardware_type=cpu > texts.jsonl");
  auto options = std::make_shared<RenderOptions>();
  verb->add_option("FILE", options->file, "the template")->required();
  add_value_options(*verb, options->values);
  verb->callback([&context, options] {
    context.action = [&context, options] { return run_render(context, *options); };
  });
}

}  // namespace testloom::cli
