#include "template/program.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/text.h"

namespace testloom::templating {

namespace {

using Kind = Operation::Kind;

void append_literal(Program& program, std::string_view content) {
  const size_t begin = program.literals.size();
  program.literals += content;
  if (!program.operations.empty() && program.operations.back().kind == Kind::literal) {
    program.operations.back().literal.end = program.literals.size();
  } else {
    program.operations.push_back({.kind = Kind::literal, .literal = {begin, program.literals.size()}});
  }
}

}  // namespace

Program assemble(const Tree& tree, const std::vector<CheckedPlaceholder>& checked) {
  Program program;
  size_t index = 0;
  for (const Node& node : tree.nodes) {
    if (const Text* text = std::get_if<Text>(&node)) {
      append_literal(program, text->content);
      continue;
    }
    const CheckedPlaceholder& placeholder = checked[index++];
    program.operations.push_back({.kind = Kind::put,
                                  .slot = placeholder.slot,
                                  .placement = placeholder.placement,
                                  .source = std::get<Placeholder>(node).span});
    program.slots.push_back(placeholder.slot);
  }
  std::sort(program.slots.begin(), program.slots.end());
  program.slots.erase(std::unique(program.slots.begin(), program.slots.end()), program.slots.end());
  return program;
}

std::string dump(const Program& program) {
  std::string out;
  for (const Operation& operation : program.operations) {
    if (operation.kind == Kind::literal) {
      const std::string_view literal = program.literal(operation);
      out += fmt::format("literal {}\n", quote(literal, literal.size()));
    } else {
      out +=
          fmt::format("put {} as {}\n", template_names()[operation.slot].name, describe(operation.placement));
    }
  }
  return out;
}

}  // namespace testloom::templating
