// What a Renderer keeps: the values that were set, the text that grows, and where a render is.
#pragma once

#include "template/compiled.h"
#include "template/expression/evaluate.h"
#include "template/names.h"
#include "template/text_buffer.h"

namespace testloom {

using namespace templating;

struct Renderer::State {
  // A value cannot stand where it is put: the place is to blame, not its expression.
  struct MisplacedValue : EvaluationError {};
  // A loop that is being gone through.
  struct Loop {
    Iteration iteration;
    size_t index;
    ExpressionId target;
  };

  explicit State(const Template::Compiled& of);

  void set_defaults();
  void note_traits(size_t slot);
  static Datum take(const Value& value, std::string_view name, Arena& arena);
  void check_type(std::string_view name, size_t slot, const Datum& value) const;

  size_t first_variable() const { return kFirstParameterSlot + compiled.declared.size(); }

  // --- rendering
  void run();
  void execute();
  void execute_wide();       // the same on wide registers
  void execute_replacing();  // with `replacement` at `replaced_place`
  template <bool kReplaces>
  void go_through();
  void put_slowly(const Operation& operation, const Datum& value);
  bool begin_loop(const Operation& operation);
  bool next_of_loop();
  bool passes(const Operation& operation);

  // --- errors
  // `where`: nothing where the operation or a part of its expression is to blame.
  [[noreturn]] void fail(const Operation& operation, const EvaluationError& error,
                         std::optional<Span> where) const;
  ExpressionId expression_of(const Operation& operation) const;
  bool is_within(ExpressionId part, ExpressionId whole) const;
  std::string used_values(ExpressionId id) const;
  void add_used_values(ExpressionId id, std::vector<std::string>& shown_values) const;

  const Template::Compiled& compiled;
  Frame frame;
  std::vector<Arena> stored;  // by slot: where its value stands
  Arena spare;                // where a value is checked before it takes another's place
  TextBuffer out;
  std::string scratch;
  std::vector<Loop> loops;
  size_t next = 0;  // the operation that comes next
  Evaluator evaluator;
  std::optional<size_t> replaced_place;
  Datum replacement;
  Arena replacement_arena;
};

}  // namespace testloom
