#include "template/render.h"

#include <fmt/core.h>

#include "base/text.h"
#include "template/escape.h"

namespace testloom::templating {

namespace {

using Kind = Operation::Kind;

constexpr size_t kLongestInteger = 22;  // with its parentheses

size_t expected_size(const Program& program, const Values& values) {
  size_t size = program.literals.size();
  for (const Operation& operation : program.operations) {
    if (operation.kind == Kind::literal) continue;
    const Value* value = values.find(operation.slot);
    const std::string* text = value ? std::get_if<std::string>(value) : nullptr;
    size += text ? text->size() : kLongestInteger;
  }
  return size;
}

std::string shown(const Value& value) {
  if (const std::string* text = std::get_if<std::string>(&value)) return quote(*text, 60);
  return std::to_string(std::get<int64_t>(value));
}

}  // namespace

void render(const Source& source, const Program& program, const Values& values, std::string& out) {
  const size_t start = out.size();
  const auto fail = [&](const Operation& operation, std::string message, std::string hint) {
    out.resize(start);
    source.refuse({{operation.source, std::move(message), std::move(hint)}});
  };
  const size_t size = start + expected_size(program, values);
  if (size > out.capacity()) out.reserve(size);
  for (size_t i = 0; i < program.operations.size(); ++i) {
    const Operation& operation = program.operations[i];
    if (operation.kind == Kind::literal) {
      out += program.literal(operation);
      continue;
    }
    const std::string_view name = template_names()[operation.slot].name;
    const Value* value = values.find(operation.slot);
    if (!value) fail(operation, fmt::format("no value for '{}'", name), "");
    const bool text_follows =
        i + 1 < program.operations.size() && program.operations[i + 1].kind == Kind::literal;
    const std::string_view following = text_follows ? program.literal(program.operations[i + 1]) : "";
    const std::string_view reason = append_value(out, operation.placement, *value, following);
    if (!reason.empty()) {
      fail(operation, fmt::format("'{}' cannot be {} here", name, shown(*value)), std::string(reason));
    }
  }
}

}  // namespace testloom::templating
