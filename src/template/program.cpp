#include "template/program.h"

#include <fmt/core.h>

#include "base/text.h"
#include "template/expression/text_traits.h"

namespace testloom::templating {

namespace {

// The traits that keep a text from standing as it is.
uint16_t breaks_of(const Placement& placement) {
  constexpr Traits unusual = traits::beyond_ascii | traits::control;
  const Traits quote = placement.quote == '"' ? traits::double_quote : traits::single_quote;
  switch (placement.rule) {
    case Rule::str_text:
      return static_cast<Traits>(unusual | traits::backslash | quote |
                                 (placement.in_fstring ? traits::brace : 0));
    case Rule::bytes_text:
      return static_cast<Traits>(unusual | traits::backslash | quote);
    case Rule::comment:
      return placement.guarded ? traits::every_text : static_cast<Traits>(unusual | traits::sign);
    case Rule::expression:
      return static_cast<Traits>(unusual | traits::backslash | traits::single_quote);
    case Rule::name:
    case Rule::identifier:
    case Rule::number_or_name:
      return traits::not_name;
    case Rule::verbatim:
      return 0;
    case Rule::remark:
      return placement.on_top ? traits::every_text : unusual;
    case Rule::yaml_double:
      if (placement.begins || placement.alone) return traits::every_text;
      [[fallthrough]];
    case Rule::json_text:
      return static_cast<Traits>(unusual | traits::backslash | traits::double_quote);
    default:
      return traits::every_text;
  }
}

bool takes_digits(const Placement& placement) {
  switch (placement.rule) {
    case Rule::expression:
    case Rule::number_or_name:
      return !placement.before_dot;
    case Rule::name:
      return !placement.begins;
    case Rule::str_text:
    case Rule::bytes_text:
    case Rule::comment:
    case Rule::verbatim:
    case Rule::json_text:
    case Rule::json_value:
    case Rule::yaml_double:
    case Rule::shell_number:
      return true;
    default:
      return false;
  }
}

class Assembler {
 public:
  Assembler(const std::vector<Place>& places, const Placements& placements, const Expressions& expressions)
      : places_(places), placements_(placements), expressions_(expressions) {}

  Program run(const Tree& tree) {
    add_nodes(tree.nodes);
    add({.code = OpCode::end});
    program_.literals.append(kReadableSlack, '\0');
    return std::move(program_);
  }

 private:
  // Where a jump to here goes. What has been collected must be appended before.
  uint32_t label() {
    flush();
    return static_cast<uint32_t>(program_.operations.size());
  }

  void flush() {
    if (pending_ < program_.literals.size()) add({});
  }

  size_t add(Operation operation) {
    operation.literal = static_cast<uint32_t>(pending_);
    operation.literal_size = static_cast<uint32_t>(program_.literals.size() - pending_);
    pending_ = program_.literals.size();
    program_.operations.push_back(operation);
    return program_.operations.size() - 1;
  }

  void add_nodes(const std::vector<Node>& nodes) {
    for (const Node& node : nodes) {
      switch (node.kind) {
        case Node::Kind::text:
          program_.literals += node.content;
          break;
        case Node::Kind::put:
          add_put();
          break;
        case Node::Kind::assignment:
          add({.code = OpCode::assign, .expression = node.expression, .target = node.target});
          break;
        case Node::Kind::choice:
          add_choice(node);
          break;
        case Node::Kind::loop:
          add_loop(node);
          break;
        case Node::Kind::block:
          add_nodes(node.body);
          break;
        case Node::Kind::include:
          break;
      }
    }
  }

  void add_put() {
    const Place& place = places_[program_.places.size()];
    const Placement placement = placements_.of[program_.places.size()].value_or(Placement{});
    const Expression& expression = expressions_[place.expression];
    const bool is_name = expression.kind == ExpressionKind::name;
    add({.code = is_name ? OpCode::put_slot : OpCode::put,
         .quoted = placement.rule == Rule::expression,
         .plain_integer = takes_digits(placement),
         .breaks = breaks_of(placement),
         .expression = is_name ? expression.slot : place.expression,
         .place = static_cast<uint32_t>(program_.places.size())});
    program_.places.push_back({place.span, place.expression, placement});
  }

  void add_choice(const Node& node) {
    std::vector<size_t> ends;
    for (const Branch& branch : node.branches) {
      std::optional<size_t> skip;
      if (branch.condition != kNoExpression) {
        skip = add({.code = OpCode::jump_unless, .expression = branch.condition});
      }
      add_nodes(branch.body);
      if (&branch != &node.branches.back()) ends.push_back(add({.code = OpCode::jump}));
      if (skip) program_.operations[*skip].jump = label();
    }
    const uint32_t end = label();
    for (const size_t jump : ends) program_.operations[jump].jump = end;
  }

  void add_loop(const Node& node) {
    const size_t begin =
        add({.code = OpCode::loop_begin, .expression = node.expression, .target = node.target});
    add_nodes(node.body);
    const size_t next = add({.code = OpCode::loop_next});
    program_.operations[next].jump = static_cast<uint32_t>(begin + 1);
    program_.operations[begin].jump = label();
  }

  const std::vector<Place>& places_;
  const Placements& placements_;
  const Expressions& expressions_;
  Program program_;
  size_t pending_ = 0;  // the literals from here on are in no operation yet
};

}  // namespace

Program assemble(const Tree& tree, const std::vector<Place>& places, const Placements& placements,
                 const Expressions& expressions) {
  return Assembler(places, placements, expressions).run(tree);
}

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
