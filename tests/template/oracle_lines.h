// One template's renders as a line for oracle.py: with a harmless value put at one place, and with others.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <random>

#include "oracle_cases.h"
#include "value_json.h"

namespace testloom {

struct OracleLine {
  std::string id;
  std::string kind;  // leaf, name, comment, any
  std::string plain;
  Value old;
  std::vector<std::pair<Value, std::string>> hostile;  // value and text

  std::string text() const {
    JsonWriter json;
    json.begin_object().member("id", id).member("kind", kind).member("plain", plain);
    write_json(json.key("old"), old);
    json.key("hostile").begin_array();
    for (const auto& [value, rendered] : hostile) {
      json.begin_array();
      write_json(json, value);
      json.value(rendered).end_array();
    }
    json.end_array().end_object();
    return json.take() + '\n';
  }
};

// Draws what is put at a place instead of what the template says.
class HostileValues {
 public:
  explicit HostileValues(unsigned seed) : random_(seed) {
    for (std::string& text : hostile_texts()) {
      // The longest cost more than they find.
      if (text.size() < 1000) texts_.emplace_back(std::move(text));
    }
    numbers_.assign(kHostileNumbers.begin(), kHostileNumbers.end());
    floats_ = {0.0, -0.0, 1.5, -2.5, 1e16, 1e-7, 1e308, INFINITY, -INFINITY, NAN};
    const Value::List list = {"'", 1, -1, Value()};
    containers_ = {Value::List{}, list,  Value::Dict{}, Value::Dict{{"a'\n", list}, {"", -0.5}},
                   true,          false, Value()};
  }

  // The types of values that are put where the template has one of this type.
  static std::vector<ValueType> types_for(ValueType type) {
    using enum ValueType;
    if (type == none) return {};
    if (type == any) return {text, integer, number, boolean, list, dict};
    if (type == tuple || type == range || type == iterator) return {list};
    return {type};
  }

  static Value harmless(ValueType type) {
    switch (type) {
      case ValueType::integer:
        return int64_t{7654321};
      case ValueType::number:
        return 76543.25;
      case ValueType::boolean:
        return true;
      case ValueType::list:
        return Value::List{"zqplain"};
      case ValueType::dict:
        return Value::Dict{{"zqplain", 1}};
      default:
        return "zqplain";
    }
  }

  Value draw(ValueType type) {
    switch (type) {
      case ValueType::integer:
        return from(numbers_);
      case ValueType::number:
        return from(floats_);
      case ValueType::boolean:
        return random_() % 2 == 0;
      case ValueType::list:
      case ValueType::dict:
        return from(containers_);
      default:
        return from(texts_);
    }
  }

 private:
  const Value& from(const std::vector<Value>& values) { return values[random_() % values.size()]; }

  std::mt19937 random_;
  std::vector<Value> texts_, numbers_, floats_, containers_;
};

struct OracleTally {
  size_t templates = 0;  // tried
  size_t accepted = 0;   // pass the check, and put a value
  size_t renders = 0;
  size_t refused = 0;  // the value cannot stand there
};

inline void render_with(Renderer& renderer, size_t place, ValueType type, size_t count, HostileValues& values,
                        OracleLine& line, OracleTally& tally) {
  try {
    line.plain = renderer.render_replacing(place, line.old);
  } catch (const Error&) {
    return;  // another value cannot stand where it is put, or none of this type can stand here
  }
  for (size_t i = 0; i < count; ++i) {
    const Value value = values.draw(type);
    try {
      line.hostile.emplace_back(value, renderer.render_replacing(place, value));
    } catch (const Error&) {
      ++tally.refused;
    }
  }
}

// What compiling and rendering with these values gives, or the error.
inline std::string outcome_of(const std::string& text, bool keeps_places,
                              const std::function<void(Renderer&)>& set_values) {
  try {
    const Template compiled = Template::compile("random.py", text, {.keeps_places = keeps_places});
    Renderer renderer(compiled);
    set_values(renderer);
    return std::string(renderer.render());
  } catch (const Error& error) {
    return std::string("! ") + error.what();
  }
}

inline void set_plain_values(Renderer& renderer) {
  renderer.set("task", "T").set("batch_size", 5);
  renderer.set("config",
               Value::Dict{{"any", Value::List{1, "a"}}, {"word", "w"}, {"items", Value::List{"p", 2}}});
}

// Renders a random template with `count` values at each of its places, one after the other, and hands on a
// line a place. False when it does not pass the check.
inline bool render_hostile(const std::string& text, size_t count, HostileValues& values, OracleTally& tally,
                           const std::function<void(const std::string&)>& hand_on) {
  ++tally.templates;
  std::optional<Template> compiled;
  try {
    compiled.emplace(Template::compile("random.py", text, {.keeps_places = true}));
  } catch (const Error&) {
    return false;
  }
  Renderer renderer(*compiled);
  set_plain_values(renderer);
  ++tally.accepted;
  for (size_t place = 0; place < renderer.place_count(); ++place) {
    for (const ValueType type : HostileValues::types_for(renderer.place_type(place))) {
      OracleLine line{text, "any", {}, HostileValues::harmless(type), {}};
      render_with(renderer, place, type, count, values, line, tally);
      // A place on a way that is not taken shows in no text.
      const bool shows = std::any_of(line.hostile.begin(), line.hostile.end(),
                                     [&](const auto& pair) { return pair.second != line.plain; });
      if (!shows) continue;
      tally.renders += line.hostile.size();
      hand_on(line.text());
    }
  }
  return true;
}

}  // namespace testloom
