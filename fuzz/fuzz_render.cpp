// Bytes as the choices that make a random template, one of its places, and a value: what is rendered with the
// value is held against what a harmless value gives, by CPython (tests/template/oracle.py).
#include "base/text.h"
#include "oracle_child.h"
#include "oracle_lines.h"
#include "random_template.h"

namespace testloom {
namespace {

// Takes bytes one by one; 0 when there are none left.
struct Choices {
  const uint8_t* at;
  const uint8_t* end;
  size_t operator()(size_t bound) {
    if (at == end) return 0;
    return *at++ % bound;
  }
};

// Text from bytes that may be no UTF-8: what is none is left out.
std::string text_of(const Choices& rest) {
  const std::string_view bytes(reinterpret_cast<const char*>(rest.at),
                               static_cast<size_t>(rest.end - rest.at));
  std::string text;
  for (size_t at = 0; at < bytes.size();) {
    const CodePoint point = decode_utf8(bytes, at);
    if (point.valid) text += bytes.substr(at, point.length);
    at += point.length;
  }
  return text;
}

// The line for Python, or nothing where there is nothing to compare.
std::optional<OracleLine> rendered_line(Choices& choices) {
  const size_t place_choice = choices(16), type_choice = choices(6);
  // The value's bytes stand at the end, behind how many there are.
  const size_t length = std::min<size_t>(choices(24), static_cast<size_t>(choices.end - choices.at));
  const Choices last{choices.end - length, choices.end};
  choices.end -= length;
  RandomTemplate templates([&](size_t bound) { return choices(bound); });
  const std::string text = templates.next() + std::string(kTail);
  const std::string kept = outcome_of(text, true, set_plain_values);
  const std::string written_out = outcome_of(text, false, set_plain_values);
  if (kept != written_out)
    report("with loops written out:\n" + written_out + "\nwith its places kept:\n" + kept);
  try {
    const Template compiled = Template::compile("t", text, {.keeps_places = true});
    Renderer renderer(compiled);
    if (renderer.place_count() == 0) return std::nullopt;
    set_plain_values(renderer);
    const size_t place = place_choice % renderer.place_count();
    const std::vector<ValueType> types = HostileValues::types_for(renderer.place_type(place));
    if (types.empty()) return std::nullopt;
    const ValueType type = types[type_choice % types.size()];
    OracleLine line{text, "any", {}, HostileValues::harmless(type), {}};
    line.plain = renderer.render_replacing(place, line.old);
    const Value value = type == ValueType::text ? Value(text_of(last))
                                                : HostileValues(static_cast<unsigned>(length)).draw(type);
    line.hostile.emplace_back(value, renderer.render_replacing(place, value));
    return line;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace
}  // namespace testloom

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace testloom;
  static OracleChild& python = *new OracleChild("render");
  Choices choices{data, data + size};
  const std::optional<OracleLine> line = rendered_line(choices);
  if (!line) return 0;
  const std::string answer = python.ask(line->text());
  if (answer.starts_with("difference"))
    report(line->id + "\nbecame\n" + line->hostile[0].second + "\n" + answer);
  return 0;
}
