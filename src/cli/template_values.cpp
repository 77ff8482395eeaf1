#include "cli/template_values.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/names.h"
#include "cli/value_json.h"

namespace testloom::cli {

namespace {

[[noreturn]] void refuse(std::string message, std::string hint) {
  throw Error(ErrorKind::usage, std::move(message), std::move(hint));
}

ValueType type_of_name(const Template& compiled, std::string_view name) {
  for (const NameInfo& info : template_names()) {
    if (info.name == name) return info.type;
  }
  for (const ParameterInfo& parameter : compiled.parameters()) {
    if (parameter.name == name) return parameter.type;
  }
  return ValueType::any;
}

template <typename Number>
Value number_of(std::string_view name, std::string_view text, ValueType type) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) {
    refuse(fmt::format("the value of '{}' is too large: {}", name, quote(text, 60)),
           type == ValueType::integer ? "integers have 64 bits" : "the largest is about 1.8e308");
  }
  if (error != std::errc() || end != text.data() + text.size()) {
    refuse(fmt::format("the value of '{}' is no {}: {}", name, type_word(type), quote(text, 60)),
           fmt::format("write --set {}={}", name, type == ValueType::integer ? "4" : "0.5"));
  }
  return Value(number);
}

Value truth_of(std::string_view name, std::string_view text) {
  if (text == "true" || text == "True") return Value(true);
  if (text == "false" || text == "False") return Value(false);
  refuse(fmt::format("the value of '{}' is no boolean: {}", name, quote(text, 60)), "write true or false");
}

Value json_of(std::string_view name, std::string_view text) {
  try {
    return parse_json(text);
  } catch (const JsonMistake& mistake) {
    refuse(fmt::format("the value of '{}' is no JSON: {}", name, mistake.message),
           fmt::format("at character {} of {}", count_code_points(text.substr(0, mistake.at)) + 1,
                       quote(text, 60)));
  }
}

Value value_of_text(std::string_view name, std::string_view text, ValueType type) {
  switch (type) {
    case ValueType::text:
      return Value(text);
    case ValueType::integer:
      return number_of<int64_t>(name, text, type);
    case ValueType::number:
      return number_of<double>(name, text, type);
    case ValueType::boolean:
      return truth_of(name, text);
    default:
      return json_of(name, text);
  }
}

const Value* find_value(const NamedValues& values, std::string_view name) {
  const auto found =
      std::find_if(values.begin(), values.end(), [&](const auto& each) { return each.first == name; });
  return found == values.end() ? nullptr : &found->second;
}

}  // namespace

void add_value_options(CLI::App& verb, ValueOptions& options) {
  add_repeatable(verb, "--set", options.set,
                 "NAME=VALUE, any number of times: text and numbers as they are, lists and dicts as JSON");
  verb.add_option("--values", options.values,
                  "a file with one JSON object of values a line, or - for standard input");
}

NamedValues values_of_set(const Template& compiled, const std::vector<std::string>& set) {
  NamedValues values;
  Renderer probe(compiled);
  for (const std::string& word : set) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      refuse(fmt::format("{} is no NAME=VALUE", quote(word)), "such as --set batch_size=4");
    }
    const std::string name = word.substr(0, equals);
    if (find_value(values, name)) refuse(fmt::format("'{}' is set twice", name), "set it once");
    if (!compiled.find_slot(name)) probe.set(name, Value());  // says what names there are
    values.emplace_back(
        name, value_of_text(name, std::string_view(word).substr(equals + 1), type_of_name(compiled, name)));
    probe.set(name, values.back().second);  // its type and its choice
  }
  return values;
}

ValueSetter::ValueSetter(const Template& compiled, Renderer& renderer, std::string template_name,
                         NamedValues given)
    : renderer_(renderer), given_(std::move(given)), template_name_(std::move(template_name)) {
  for (const std::string_view name : compiled.used_names()) used_.emplace_back(name);
}

void ValueSetter::set(const NamedValues& values) {
  renderer_.clear();
  const auto find = [&](std::string_view name) {
    const Value* value = find_value(values, name);
    return value ? value : find_value(given_, name);
  };
  for (const std::string& name : used_) {
    const Value* value = find(name);
    if (!value && name == "template_name") value = &template_name_;
    if (!value && name == "model_location") value = find("model_name");
    if (!value && name == "device") {
      value = find("hardware_type");
      const auto* hardware_type = value ? std::get_if<std::string>(&value->data) : nullptr;
      if (hardware_type) {
        renderer_.set(name, Value(device_of(*hardware_type)));
        continue;
      }
    }
    if (value) renderer_.set(name, *value);
  }
}

NamedValues read_values(std::string_view line, bool is_too_long, const std::string& path, int line_number) {
  const auto fail = [&](std::string message, size_t at, int column, std::string hint) {
    const SourcePosition where{path, line_number, column, column > 0 ? column + 1 : 0};
    throw Error(ErrorKind::spec,
                std::vector<Diagnostic>{{std::move(message),
                                         where,
                                         std::string(line.substr(0, std::max<size_t>(4096, at + 200))),
                                         std::move(hint),
                                         {}}});
  };
  if (is_too_long) {
    fail(fmt::format("the line is longer than {} bytes", LineReader::kMaxLineBytes), 0, 0,
         "a line holds the values of one rendered text");
  }
  Value value;
  try {
    value = parse_json(line);
  } catch (const JsonMistake& mistake) {
    const size_t before = std::min(mistake.at, line.size());
    fail(fmt::format("the line cannot be read: {}", mistake.message), before,
         static_cast<int>(count_code_points(line.substr(0, before)) + 1),
         "write one JSON object a line, such as {\"batch_size\": 4}");
  }
  auto* dict = std::get_if<Value::Dict>(&value.data);
  if (!dict)
    fail("the line is no JSON object", 0, 1, "write one JSON object a line, such as {\"batch_size\": 4}");
  return std::move(*dict);
}

}  // namespace testloom::cli
