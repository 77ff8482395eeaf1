#include "catalog/json_values.h"

#include <boost/json.hpp>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"

namespace testloom {

namespace {

Value convert(const boost::json::value& json) {
  switch (json.kind()) {
    case boost::json::kind::null:
      return {};
    case boost::json::kind::bool_:
      return json.get_bool();
    case boost::json::kind::int64:
      return json.get_int64();
    case boost::json::kind::uint64:
      throw Error(ErrorKind::spec,
                  fmt::format("the integer {} does not fit into 64 bits", json.get_uint64()));
    case boost::json::kind::double_:
      return json.get_double();
    case boost::json::kind::string:
      return std::string(json.get_string());
    case boost::json::kind::array: {
      Value::List items;
      for (const boost::json::value& item : json.get_array()) items.push_back(convert(item));
      return items;
    }
    case boost::json::kind::object: {
      Value::Dict entries;
      for (const auto& [key, value] : json.get_object())
        entries.emplace_back(std::string(key), convert(value));
      return entries;
    }
  }
  return {};
}

void write(JsonWriter& json, const Value& value) {
  if (const Value::List* list = std::get_if<Value::List>(&value.data)) {
    json.begin_array();
    for (const Value& item : *list) write(json, item);
    json.end_array();
  } else if (const Value::Dict* dict = std::get_if<Value::Dict>(&value.data)) {
    json.begin_object();
    for (const auto& [key, item] : *dict) {
      json.key(key);
      write(json, item);
    }
    json.end_object();
  } else if (const bool* truth = std::get_if<bool>(&value.data)) {
    json.value(*truth);
  } else if (const int64_t* integer = std::get_if<int64_t>(&value.data)) {
    json.value(*integer);
  } else if (const double* number = std::get_if<double>(&value.data)) {
    json.value(*number);
  } else if (const std::string* text = std::get_if<std::string>(&value.data)) {
    json.value(*text);
  } else {
    json.null();
  }
}

}  // namespace

Value value_of_json(std::string_view text) {
  boost::system::error_code error;
  const boost::json::value json =
      boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
  if (error) throw Error(ErrorKind::spec, fmt::format("this is no JSON: {}", error.message()));
  return convert(json);
}

std::string json_of(const Value& value) {
  JsonWriter json;
  write(json, value);
  return json.take();
}

}  // namespace testloom
