// The public face of the template language: runs the stages one after the other and keeps what rendering
// needs.
#include "testloom/template.h"

#include "template/render.h"

namespace testloom {

struct Template::Program {
  templating::Source source;
  templating::Program code;
};

Template Template::compile(std::string_view path, std::string_view text) {
  templating::Source source(path, text);
  templating::Mistakes mistakes;
  const std::vector<templating::Token> tokens = templating::lex(source, mistakes);
  const templating::Tree tree = templating::parse(source, tokens, mistakes);
  const std::vector<templating::CheckedPlaceholder> checked = templating::check(source, tree, mistakes);
  if (!mistakes.empty()) source.refuse(std::move(mistakes));
  templating::Program code = templating::assemble(tree, checked);
  return Template(std::make_unique<Program>(Program{std::move(source), std::move(code)}));
}

Template::Template(std::unique_ptr<Program> program) : program_(std::move(program)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

std::string Template::render(const Values& values) const {
  std::string out;
  render_to(out, values);
  return out;
}

void Template::render_to(std::string& out, const Values& values) const {
  templating::render(program_->source, program_->code, values, out);
}

const std::vector<size_t>& Template::used_slots() const { return program_->code.slots; }

std::string Template::dump() const { return templating::dump(program_->code); }

}  // namespace testloom
