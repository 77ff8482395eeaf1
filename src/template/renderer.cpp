// Values for a program, and its renders.
#include <algorithm>

#include <fmt/core.h>

#include "base/text.h"
#include "template/datum_traits.h"
#include "template/expression/work.h"
#include "template/expression/written.h"
#include "template/names.h"
#include "template/renderer_state.h"
#include "template/value_datum.h"

namespace testloom {

// --- values

Renderer::State::State(const Template::Compiled& of)
    : compiled(of), stored(of.resolution.slot_count), evaluator(of.expressions, frame) {
  frame.slots.resize(of.resolution.slot_count);
  set_defaults();
}

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
