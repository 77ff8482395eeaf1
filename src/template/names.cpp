#include "template/names.h"

#include <array>

namespace testloom {

const std::vector<NameInfo>& template_names() {
  static const std::vector<NameInfo> names = {
      {"model_name", ValueType::text, "the model's name as the user gave it"},
      {"model_family", ValueType::text, "the model's family, such as text_embedding"},
      {"model_location", ValueType::text, "where the model is loaded from: a hub id or a folder"},
      {"task", ValueType::text, "what the model is used for, such as feature-extraction"},
      {"hardware_type", ValueType::text, "the hardware type of the test, such as cpu or cuda"},
      {"device", ValueType::text, "what torch calls the hardware: rocm is \"cuda\""},
      {"batch_size", ValueType::integer, "how many inputs go through the model at once"},
      {"test_id", ValueType::text, "the UUID of exactly this test"},
      {"template_name", ValueType::text, "the name of the template itself"},
      {"config", ValueType::dict, "what the model's config says, such as config.hidden_size"},
      {"model", ValueType::dict, "the attributes of the user's model list, such as model.owner"},
  };
  return names;
}

std::string_view type_word(ValueType type) {
  constexpr std::string_view words[] = {"anything", "None",  "boolean", "integer", "number",  "text",
                                        "list",     "tuple", "dict",    "range",   "iterator"};
  return words[static_cast<size_t>(type)];
}

std::string_view name_of(OutputKind kind) {
  constexpr std::string_view names[] = {"python", "text", "json", "yaml", "shell"};
  return names[static_cast<size_t>(kind)];
}

std::optional<OutputKind> parse_output_kind(std::string_view name) {
  for (const OutputKind kind :
       {OutputKind::python, OutputKind::text, OutputKind::json, OutputKind::yaml, OutputKind::shell}) {
    if (name_of(kind) == name) return kind;
  }
  return std::nullopt;
}

namespace templating {

std::optional<size_t> find_fixed_slot(std::string_view name) {
  const std::vector<NameInfo>& names = template_names();
  for (size_t slot = 0; slot < names.size(); ++slot) {
    if (names[slot].name == name) return slot;
  }
  return std::nullopt;
}

ValueType fixed_type(size_t slot) { return template_names()[slot].type; }

std::string_view python_word(ValueType type) {
  constexpr std::string_view words[] = {"object", "None",  "bool", "int",   "float",   "str",
                                        "list",   "tuple", "dict", "range", "iterator"};
  return words[static_cast<size_t>(type)];
}

ValueType type_of(const Datum& value) {
  switch (value.kind) {
    case DatumKind::none:
      return ValueType::none;
    case DatumKind::boolean:
      return ValueType::boolean;
    case DatumKind::integer:
      return ValueType::integer;
    case DatumKind::number:
      return ValueType::number;
    case DatumKind::text:
      return ValueType::text;
    case DatumKind::list:
      return ValueType::list;
    case DatumKind::tuple:
      return ValueType::tuple;
    case DatumKind::dict:
      return ValueType::dict;
    case DatumKind::range:
      return ValueType::range;
    case DatumKind::iterator:
      return ValueType::iterator;
    case DatumKind::absent:
      break;
  }
  return ValueType::any;
}

bool has_type(const Datum& value, ValueType type) {
  return type == ValueType::any || type_of(value) == type ||
         (type == ValueType::number && value.is(DatumKind::integer));
}

}  // namespace templating
}  // namespace testloom
