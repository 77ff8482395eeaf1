// Runs a program on values.
#include <emmintrin.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include <fmt/core.h>

#include "base/text.h"
#include "template/comment_guard.h"
#include "template/compiled.h"
#include "template/datum_traits.h"
#include "template/escape.h"
#include "template/expression/evaluate.h"
#include "template/expression/text_traits.h"
#include "template/expression/work.h"
#include "template/expression/written.h"
#include "template/identifier.h"
#include "template/names.h"
#include "template/text_buffer.h"
#include "template/value_datum.h"

namespace testloom {

using namespace templating;

namespace {

constexpr size_t kMostDigits = 24;

}  // namespace

struct Renderer::State {
  // A loop that is being gone through.
  struct Loop {
    Iteration iteration;
    size_t index;
    ExpressionId target;
  };

  explicit State(const Template::Compiled& of)
      : compiled(of), stored(of.resolution.slot_count), evaluator(of.expressions, frame) {
    frame.slots.resize(of.resolution.slot_count);
    set_defaults();
  }

  void set_defaults();
  void note_traits(size_t slot);
  static Datum take(const Value& value, std::string_view name, Arena& arena);
  void check_type(std::string_view name, size_t slot, const Datum& value) const;

  size_t first_variable() const { return kFirstParameterSlot + compiled.declared.size(); }

  struct Cursor;
  void run();
  template <bool kReplaces>
  void execute();
  void put(const Operation& operation, const Datum& value, Cursor& cursor);
  void put_slowly(const Operation& operation, const Datum& value);
  void begin_loop(const Operation& operation);
  void next_of_loop(const Operation& operation);
  [[noreturn]] void fail_at(size_t operation, const EvaluationError& error);
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
  size_t at = 0;  // the operation that comes next
  Evaluator evaluator;
  std::optional<size_t> replaced_place;
  Datum replacement;
  Arena replacement_arena;
};

// --- values

void Renderer::State::set_defaults() {
  std::fill(frame.slots.begin(), frame.slots.end(), Datum{});
  for (size_t i = 0; i < compiled.declared.size(); ++i) {
    const size_t slot = kFirstParameterSlot + i;
    if (!compiled.declared[i].default_value) continue;
    frame.slots[slot] = *compiled.declared[i].default_value;
    note_traits(slot);
  }
}

void Renderer::State::note_traits(size_t slot) {
  Datum& value = frame.slots[slot];
  if (value.is(DatumKind::text)) value = with_traits(value, compiled.names_wanted[slot]);
}

void Renderer::State::check_type(std::string_view name, size_t slot, const Datum& value) const {
  const bool is_parameter = slot >= kFirstParameterSlot;
  const ParameterDeclaration* declared =
      is_parameter ? &compiled.declared[slot - kFirstParameterSlot] : nullptr;
  const ValueType type = declared ? declared->type : fixed_type(slot);
  if (!has_type(value, type)) {
    const bool is_an = type == ValueType::integer;
    throw Error(ErrorKind::usage,
                fmt::format("the value of '{}' must be {}{}", name,
                            type == ValueType::text ? ""
                            : is_an                 ? "an "
                                                    : "a ",
                            type_word(type)),
                fmt::format("it is {}", shown(value)));
  }
  if (!declared || declared->choices.empty()) return;
  const auto same = [&](const Datum& choice) { return equal(choice, value); };
  if (std::none_of(declared->choices.begin(), declared->choices.end(), same)) {
    std::string list;
    for (const Datum& choice : declared->choices) list += (list.empty() ? "" : ", ") + shown(choice);
    throw Error(ErrorKind::usage, fmt::format("the value of '{}' cannot be {}", name, shown(value)),
                "it is one of " + list);
  }
}

// A value from outside as a datum in the arena, which is emptied before.
Datum Renderer::State::take(const Value& value, std::string_view name, Arena& arena) {
  begin_work();
  arena.reset();
  try {
    return to_datum(value, name, arena);
  } catch (const EvaluationError& error) {
    throw Error(ErrorKind::usage, fmt::format("the value of '{}' cannot be taken: {}", name, error.message),
                error.hint);
  }
}

Renderer::Renderer(const Template& compiled) : state_(std::make_unique<State>(*compiled.compiled_)) {}
Renderer::Renderer(Renderer&&) noexcept = default;
Renderer& Renderer::operator=(Renderer&&) noexcept = default;
Renderer::~Renderer() = default;

Renderer& Renderer::set(std::string_view name, const Value& value) {
  State& state = *state_;
  std::optional<size_t> slot = find_fixed_slot(name);
  for (size_t i = 0; !slot && i < state.compiled.declared.size(); ++i) {
    if (state.compiled.declared[i].name == name) slot = kFirstParameterSlot + i;
  }
  if (!slot) {
    std::vector<std::string_view> known;
    for (const NameInfo& info : template_names()) known.push_back(info.name);
    for (const ParameterDeclaration& declared : state.compiled.declared) known.push_back(declared.name);
    const std::string guess = nearest(name, known);
    throw Error(
        ErrorKind::usage, fmt::format("unknown name {}", quote(name)),
        guess.empty() ? "known names: " + join(known, ", ") : fmt::format("did you mean '{}'?", guess));
  }
  Datum datum = state.take(value, name, state.spare);
  state.check_type(name, *slot, datum);
  if (*slot >= kFirstParameterSlot && datum.is(DatumKind::integer) &&
      state.compiled.declared[*slot - kFirstParameterSlot].type == ValueType::number) {
    datum = number_datum(static_cast<double>(datum.integer));
  }
  std::swap(state.stored[*slot], state.spare);
  state.frame.slots[*slot] = datum;
  state.note_traits(*slot);
  return *this;
}

void Renderer::set_text(size_t slot, std::string_view text) {
  const Datum& now = state_->frame.slots[slot];
  if (now.is(DatumKind::text) && now.text() == text) return;  // its traits are known
  Arena& arena = state_->stored[slot];
  arena.reset();
  state_->frame.slots[slot] = text_datum(arena.copy(text));
  state_->note_traits(slot);
}

void Renderer::set_integer(size_t slot, int64_t integer) {
  state_->frame.slots[slot] = integer_datum(integer);
}

void Renderer::clear() { state_->set_defaults(); }

void Renderer::set_output_limit(size_t bytes) { state_->out.set_limit(bytes); }

// --- rendering

// Copies a text in steps of 64 bytes; as many bytes behind it can be read, and behind `to` written.
inline char* copy_wide(char* to, const char* from, size_t size) {
  constexpr size_t kLong = 512;  // from here on the library's copy is faster
  static_assert(kReadableSlack >= 64);
  if (size == 0) return to;
  if (size >= kLong) {
    std::memcpy(to, from, size);
    return to + size;
  }
  char* const end = to + size;
  do {
    __m128i parts[4];
    for (int i = 0; i < 4; ++i) parts[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from) + i);
    for (int i = 0; i < 4; ++i) _mm_storeu_si128(reinterpret_cast<__m128i*>(to) + i, parts[i]);
    to += 64;
    from += 64;
  } while (to < end);
  return end;
}

// Where the text is being written; the buffer knows it only between two calls of sync().
struct Renderer::State::Cursor {
  explicit Cursor(TextBuffer& buffer) : out(buffer) { reload(); }
  void sync() { out.set_place(at); }
  void reload() {
    at = out.place();
    end = out.room_end();
  }
  void make_room(size_t bytes) {
    if (static_cast<size_t>(end - at) >= bytes) [[likely]]
      return;
    sync();
    out.reserve(bytes);
    reload();
  }

  TextBuffer& out;
  char* at;
  char* end;
};

inline void Renderer::State::put(const Operation& operation, const Datum& value, Cursor& cursor) {
  if (puts_plain_text(operation, value)) [[likely]] {
    cursor.make_room(value.size + 2);
    if (operation.quoted) *cursor.at++ = '\'';
    cursor.at = copy_wide(cursor.at, value.bytes, value.size);
    if (operation.quoted) *cursor.at++ = '\'';
  } else if (puts_plain_integer(operation, value)) {
    cursor.make_room(kMostDigits);
    if (value.integer < 10) {
      *cursor.at++ = static_cast<char>('0' + value.integer);
    } else {
      cursor.at = std::to_chars(cursor.at, cursor.at + kMostDigits, value.integer).ptr;
    }
  } else {
    cursor.sync();
    put_slowly(operation, value);
    cursor.reload();
  }
}

void Renderer::State::put_slowly(const Operation& operation, const Datum& value) {
  const PutPlace& place = compiled.program.places[operation.place];
  if (value.is(DatumKind::absent)) {
    throw EvaluationError{fmt::format("no value for '{}'", compiled.expressions[place.expression].text), {}};
  }
  if (value.is(DatumKind::text) && !value.traits_known) {
    Cursor cursor(out);
    put(operation, with_traits(value, (operation.breaks & traits::not_name) != 0), cursor);
    return cursor.sync();
  }
  scratch.clear();
  if (place.placement.rule == Rule::comment) {
    const size_t least = out.size() - std::min(out.size(), kCommentContext);
    const size_t line = out.text().substr(least).find_last_of("\r\n");
    const size_t begin = line == std::string_view::npos ? least : least + line + 1;
    scratch = out.text().substr(begin);
    out.truncate(begin);
  }
  const std::string_view following = compiled.program.literal((&operation)[1]);  // the last one puts nothing
  const std::string_view reason = append_value(scratch, place.placement, value, following);
  if (!reason.empty()) {
    throw EvaluationError{
        fmt::format("{} cannot be {} here",
                    quote(compiled.sources.text(compiled.expressions[place.expression].span), 60),
                    shown(value)),
        std::string(reason)};
  }
  out.append(scratch);
}

void Renderer::State::begin_loop(const Operation& operation) {
  const Datum iterable = evaluator.evaluate(operation.expression);
  evaluator.blame(operation.expression);
  Iteration iteration(iterable, frame.arena);
  if (iteration.length() == 0) {
    at = operation.jump;
    return;
  }
  loops.push_back({iteration, 0, operation.target});
  frame.loops.push_back({0, iteration.length()});
  evaluator.count_step();
  evaluator.assign(operation.target, loops.back().iteration.at(0));
}

void Renderer::State::next_of_loop(const Operation& operation) {
  Loop& loop = loops.back();
  if (++loop.index == loop.iteration.length()) {
    loops.pop_back();
    frame.loops.pop_back();
    return;
  }
  evaluator.count_step();
  frame.loops.back().index = loop.index;
  evaluator.assign(loop.target, loop.iteration.at(loop.index));
  at = operation.jump;
}

void Renderer::State::run() {
  begin_work();
  out.clear();
  frame.arena.reset();
  frame.loops.clear();
  frame.steps = 0;
  loops.clear();
  // What an earlier render set is gone, also from what an error shows.
  std::fill(frame.slots.begin() + static_cast<std::ptrdiff_t>(first_variable()), frame.slots.end(), Datum{});
  at = 0;
  try {
    replaced_place ? execute<true>() : execute<false>();
  } catch (const EvaluationError& error) {
    fail_at(at - 1, error);
  }
}

template <bool kReplaces>
void Renderer::State::execute() {
  const Operation* const operations = compiled.program.operations.data();
  const char* const literals = compiled.program.literals.data();
  Cursor cursor(out);
  for (;;) {
    const Operation& operation = operations[at++];
    cursor.make_room(operation.literal_size);
    cursor.at = copy_wide(cursor.at, literals + operation.literal, operation.literal_size);
    switch (operation.code) {
      case OpCode::text:
        break;
      case OpCode::put_slot: {
        const bool is_replaced = kReplaces && *replaced_place == operation.place;
        put(operation, is_replaced ? replacement : frame.slots[operation.expression], cursor);
        break;
      }
      case OpCode::put: {
        const Datum value = evaluator.evaluate(operation.expression);
        evaluator.blame(operation.expression);
        const bool is_replaced = kReplaces && *replaced_place == operation.place;
        put(operation, is_replaced ? replacement : value, cursor);
        break;
      }
      case OpCode::assign:
        evaluator.assign(operation.target, evaluator.evaluate(operation.expression));
        break;
      case OpCode::jump:
        at = operation.jump;
        break;
      case OpCode::jump_unless:
        if (!truth(evaluator.evaluate(operation.expression))) at = operation.jump;
        break;
      case OpCode::loop_begin:
        begin_loop(operation);
        break;
      case OpCode::loop_next:
        next_of_loop(operation);
        break;
      case OpCode::end:
        return cursor.sync();
    }
  }
}

// --- errors

// The names that the expression uses, with their values, so that the error says for which values it holds.
void Renderer::State::add_used_values(ExpressionId id, std::vector<std::string>& shown_values) const {
  if (id == kNoExpression) return;
  const Expression& node = compiled.expressions[id];
  if (node.kind == ExpressionKind::name) {
    const Datum& value = frame.slots[node.slot];
    if (value.kind >= DatumKind::list) return;  // too much to show
    std::string text = value.is(DatumKind::absent) ? fmt::format("{} is not given", node.text)
                                                   : fmt::format("{} is {}", node.text, shown(value));
    if (std::find(shown_values.begin(), shown_values.end(), text) == shown_values.end()) {
      shown_values.push_back(std::move(text));
    }
    return;
  }
  for (const ExpressionId part : {node.a, node.b, node.c}) add_used_values(part, shown_values);
  for (const ExpressionId child : compiled.expressions.children(node)) add_used_values(child, shown_values);
}

std::string Renderer::State::used_values(ExpressionId id) const {
  constexpr size_t kMost = 3;
  std::vector<std::string> values;
  add_used_values(id, values);
  if (values.size() > kMost) values.resize(kMost);
  return join(values, ", ");
}

// What the operation works out; of a loop that goes on, what it sets.
ExpressionId Renderer::State::expression_of(const Operation& operation) const {
  switch (operation.code) {
    case OpCode::put:
    case OpCode::assign:
    case OpCode::jump_unless:
    case OpCode::loop_begin:
      return operation.expression;
    case OpCode::loop_next:
      return loops.empty() ? kNoExpression : loops.back().target;
    default:
      return kNoExpression;
  }
}

bool Renderer::State::is_within(ExpressionId part, ExpressionId whole) const {
  if (part == kNoExpression) return false;
  const Span inner = compiled.expressions[part].span, outer = compiled.expressions[whole].span;
  return inner.file == outer.file && inner.begin >= outer.begin && inner.end <= outer.end;
}

void Renderer::State::fail_at(size_t failed_operation, const EvaluationError& error) {
  const Operation& operation = compiled.program.operations[failed_operation];
  Mistake mistake{std::nullopt, error.message, error.hint};
  const bool is_put = operation.code == OpCode::put || operation.code == OpCode::put_slot;
  const ExpressionId whole = expression_of(operation);
  if (operation.code == OpCode::put_slot || (is_put && error.message.ends_with(" here"))) {
    mistake.where = compiled.program.places[operation.place].span;
  } else if (whole != kNoExpression) {
    // What the evaluator did last may have been long before, and have nothing to do with this.
    const ExpressionId failed = evaluator.failed_at();
    const bool has_target = operation.code == OpCode::assign || operation.code == OpCode::loop_begin;
    const bool is_part = is_within(failed, whole) || (has_target && is_within(failed, operation.target));
    mistake.where = compiled.expressions[is_part ? failed : whole].span;
  }
  if (whole != kNoExpression) {
    const std::string values = used_values(whole);
    const bool asks = mistake.hint.ends_with('?');
    if (!values.empty() && asks) mistake.hint += fmt::format(" ({})", values);
    if (!values.empty() && !asks) mistake.hint += (mistake.hint.empty() ? "" : "; ") + values;
  }
  compiled.sources.refuse({mistake});
}

std::string_view Renderer::render() {
  state_->run();
  return state_->out.text();
}

// --- for tests of what becomes of values

size_t Renderer::place_count() const { return state_->compiled.program.places.size(); }

ValueType Renderer::place_type(size_t place) const {
  return state_->compiled.expressions[state_->compiled.program.places[place].expression].type;
}

std::string_view Renderer::place_rule(size_t place) const {
  return rule_name(state_->compiled.program.places[place].placement.rule);
}

Diagnostic Renderer::place_diagnostic(size_t place, std::string message) const {
  return state_->compiled.sources.diagnose(
      {state_->compiled.program.places[place].span, std::move(message), {}});
}

std::string_view Renderer::render_replacing(size_t place, const Value& value) {
  State& state = *state_;
  if (!state.compiled.keeps_places) {
    throw Error(ErrorKind::usage, "the template does not keep its places", "compile it with keeps_places");
  }
  state.replacement = State::take(value, "the replacement", state.replacement_arena);
  state.replaced_place = place;
  try {
    state.run();
  } catch (...) {
    state.replaced_place.reset();
    throw;
  }
  state.replaced_place.reset();
  return state.out.text();
}

}  // namespace testloom
