#include "template/program.h"

#include <fmt/core.h>

#include "base/text.h"

namespace testloom::templating {

std::string dump(const Program& program, const Expressions& expressions) {
  std::string out;
  for (const Operation& operation : program.operations) {
    const std::string_view literal = program.literal(operation);
    if (!literal.empty()) out += fmt::format("literal {}\n", quote(literal, literal.size()));
    switch (operation.code) {
      case OpCode::text:
      case OpCode::end:
        break;
      case OpCode::put_slot:
      case OpCode::put: {
        const PutPlace& place = program.places[operation.place];
        out += fmt::format("put {} as {}\n", dump(expressions, place.expression), describe(place.placement));
        break;
      }
      case OpCode::assign:
        out += fmt::format("assign {} = {}\n", dump(expressions, operation.target),
                           dump(expressions, operation.expression));
        break;
      case OpCode::jump:
        out += fmt::format("jump to {}\n", operation.jump);
        break;
      case OpCode::jump_unless:
      case OpCode::jump_unless_text:
        out += fmt::format("jump to {} unless {}\n", operation.jump, dump(expressions, operation.expression));
        break;
      case OpCode::loop_begin:
        out += fmt::format("loop {} through {}, then to {}\n", dump(expressions, operation.target),
                           dump(expressions, operation.expression), operation.jump);
        break;
      case OpCode::loop_next:
        out += fmt::format("next from {}\n", operation.jump);
        break;
    }
  }
  return out;
}

}  // namespace testloom::templating
