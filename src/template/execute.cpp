// Runs a program on values.
#include <emmintrin.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include <fmt/core.h>

#include "base/text.h"
#include "template/comment_guard.h"
#include "template/datum_traits.h"
#include "template/escape.h"
#include "template/expression/work.h"
#include "template/expression/written.h"
#include "template/renderer_state.h"

namespace testloom {

namespace {

// As many bytes as the widest registers hold; where they are narrower, the compiler takes several.
using WideBytes [[gnu::vector_size(32), gnu::aligned(1), gnu::may_alias]] = char;

// Copies a text in steps of `kStep` bytes; as many bytes behind it can be read, and behind `to` written.
template <size_t kStep>
[[gnu::always_inline]] inline char* copy_wide(char* to, const char* from, size_t size) {
  constexpr size_t kParts = kStep / sizeof(WideBytes);
  static_assert(kReadableSlack >= kStep && kStep % sizeof(WideBytes) == 0);
  constexpr size_t kLong = 1024;  // from here on the library's copy is faster
  char* const end = to + size;
  if (size >= kLong) {
    std::memcpy(to, from, size);
    return end;
  }
  while (to < end) {
    WideBytes parts[kParts];
    for (size_t i = 0; i < kParts; ++i) parts[i] = reinterpret_cast<const WideBytes*>(from)[i];
    for (size_t i = 0; i < kParts; ++i) reinterpret_cast<WideBytes*>(to)[i] = parts[i];
    to += kStep;
    from += kStep;
  }
  return end;
}

[[gnu::always_inline]] inline char* put_digits(char* to, int64_t integer) {
  if (integer >= 100) return std::to_chars(to, to + TextBuffer::kUnasked, integer).ptr;
  const auto small = static_cast<uint32_t>(integer);
  if (small >= 10) *to++ = static_cast<char>('0' + small / 10);
  *to++ = static_cast<char>('0' + small % 10);
  return to;
}

// Puts what stands as it is, and returns where it ends; null for what does not. REQUIRES: room for the text;
// the quotes and digits need not be asked for.
[[gnu::always_inline]] inline char* put_plainly(char* to, const Operation& operation, const Datum& value) {
  if (puts_plain_text(operation, value)) [[likely]] {
    if (operation.quoted) *to++ = '\'';
    to = copy_wide<32>(to, value.bytes, value.size);
    if (operation.quoted) *to++ = '\'';
    return to;
  }
  return puts_plain_integer(operation, value) ? put_digits(to, value.integer) : nullptr;
}

}  // namespace

void Renderer::State::put_slowly(const Operation& operation, const Datum& value) {
  const PutPlace& place = compiled.program.places[operation.place];
  if (value.is(DatumKind::absent)) {
    throw MisplacedValue{{fmt::format("no value for '{}'", compiled.expressions[place.expression].text), {}}};
  }
  if (value.is(DatumKind::text) && !value.traits_known) {
    const Datum known = with_traits(value, (operation.breaks & traits::not_name) != 0);
    if (!puts_plain_text(operation, known)) return put_slowly(operation, known);
    if (operation.quoted) out.append("'");
    out.append(known.text());
    if (operation.quoted) out.append("'");
    return;
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
    const std::string_view shown_source = compiled.sources.text(compiled.expressions[place.expression].span);
    throw MisplacedValue{
        {fmt::format("{} cannot be {} here", quote(shown_source, 60), shown(value)), std::string(reason)}};
  }
  out.append(scratch);
}

// Returns whether there is something to go through.
bool Renderer::State::begin_loop(const Operation& operation) {
  const Datum iterable = evaluator.evaluate(operation.expression);
  evaluator.blame(operation.expression);
  Iteration iteration(iterable, frame.arena);
  if (iteration.length() == 0) return false;
  loops.push_back({iteration, 0, operation.target});
  frame.loops.push_back({0, iteration.length()});
  evaluator.count_step();
  evaluator.assign(operation.target, loops.back().iteration.at(0));
  return true;
}

// Returns whether there is a next pass.
bool Renderer::State::next_of_loop() {
  Loop& loop = loops.back();
  if (++loop.index == loop.iteration.length()) {
    loops.pop_back();
    frame.loops.pop_back();
    return false;
  }
  evaluator.count_step();
  frame.loops.back().index = loop.index;
  evaluator.assign(loop.target, loop.iteration.at(loop.index));
  return true;
}

// Whether a text is one of some constants; a value of another kind is left to the evaluator.
[[gnu::always_inline]] inline bool Renderer::State::passes(const Operation& operation) {
  if (operation.code == OpCode::jump_unless) return truth(evaluator.evaluate(operation.expression));
  const TextTest* const tests = compiled.program.tests.data() + operation.target;
  for (uint32_t i = 0; i < operation.test_count; ++i) {
    const Datum& value = frame.slots[tests[i].slot];
    if (!value.is(DatumKind::text)) return truth(evaluator.evaluate(operation.expression));
    if (value.text() == tests[i].text) return !operation.negated;
  }
  return operation.negated;
}

// `at` and `end` say where the text is being written and where its room ends; the buffer knows only between
// two operations that take long.
template <bool kReplaces>
[[gnu::always_inline]] inline void Renderer::State::go_through() {
  const Operation* const operations = compiled.program.operations.data();
  const char* const literals = compiled.program.literals.data();
  const Datum* const slots = frame.slots.data();
  char *at = out.place(), *end = out.room_end();
  const auto make_room = [&](size_t bytes) __attribute__((always_inline)) {
    if (end - at >= static_cast<ptrdiff_t>(bytes)) [[likely]]
      return;
    out.set_place(at);
    out.reserve(bytes);
    at = out.place();
    end = out.room_end();
  };
  const auto put = [&](const Operation& operation, const Datum& value) __attribute__((always_inline)) {
    if (char* const behind = put_plainly(at, operation, value)) [[likely]] {
      at = behind;
      return;
    }
    out.set_place(at);
    put_slowly(operation, value);
    at = out.place();
    end = out.room_end();
  };
  for (size_t index = 0;;) {
    const Operation& operation = operations[index++];
    next = index;
    const char* const literal = literals + operation.literal;
    if (!kReplaces && operation.code == OpCode::put_slot) [[likely]] {
      const Datum& value = slots[operation.expression];
      make_room(operation.literal_size + value.size);
      at = copy_wide<64>(at, literal, operation.literal_size);
      put(operation, value);
      continue;
    }
    make_room(operation.literal_size);
    at = copy_wide<64>(at, literal, operation.literal_size);
    const bool is_replaced = kReplaces && *replaced_place == operation.place;
    switch (operation.code) {
      case OpCode::text:
        break;
      case OpCode::put_slot:
      case OpCode::put: {
        const bool is_slot = operation.code == OpCode::put_slot;
        const Datum worth = is_slot ? slots[operation.expression] : evaluator.evaluate(operation.expression);
        if (!is_slot) evaluator.blame(operation.expression);
        const Datum& value = is_replaced ? replacement : worth;
        make_room(value.size);
        put(operation, value);
        break;
      }
      case OpCode::assign:
        evaluator.assign(operation.target, evaluator.evaluate(operation.expression));
        break;
      case OpCode::jump:
        index = operation.jump;
        break;
      case OpCode::jump_unless:
      case OpCode::jump_unless_text:
        if (!passes(operation)) index = operation.jump;
        break;
      case OpCode::loop_begin:
        if (!begin_loop(operation)) index = operation.jump;
        break;
      case OpCode::loop_next:
        if (next_of_loop()) index = operation.jump;
        break;
      case OpCode::end:
        return out.set_place(at);
    }
  }
}

void Renderer::State::execute() { go_through<false>(); }
void Renderer::State::execute_replacing() { go_through<true>(); }

#ifdef __x86_64__
[[gnu::target("avx2")]] void Renderer::State::execute_wide() { go_through<false>(); }
static const bool kHasWideRegisters = __builtin_cpu_supports("avx2");
#else
void Renderer::State::execute_wide() { go_through<false>(); }
static const bool kHasWideRegisters = false;
#endif

void Renderer::State::run() {
  begin_work();
  out.clear();
  frame.arena.reset();
  frame.loops.clear();
  frame.steps = 0;
  loops.clear();
  // What an earlier render set is gone, also from what an error shows.
  std::fill(frame.slots.begin() + static_cast<std::ptrdiff_t>(first_variable()), frame.slots.end(), Datum{});
  next = 0;
  try {
    replaced_place ? execute_replacing() : kHasWideRegisters ? execute_wide() : execute();
    out.check_limit();
  } catch (const MisplacedValue& error) {
    const Operation& failed = compiled.program.operations[next - 1];
    fail(failed, error, compiled.program.places[failed.place].span);
  } catch (const EvaluationError& error) {
    fail(compiled.program.operations[next - 1], error, std::nullopt);
  }
}

}  // namespace testloom
