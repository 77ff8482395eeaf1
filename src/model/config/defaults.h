// What transformers' config classes say where a config.json says nothing: defaults.jsonl, made by
// scripts/update-config-defaults and compiled into the program.
#pragma once

#include <string_view>

#include <boost/json/object.hpp>

namespace testloom {

// The line of a model type, or null for a type that transformers does not have:
//   {"model_type": …, "keys": {key: default}, "names": {other name: key},
//    "parts": {key: {"model_type", "fixed", "optional", "given"}}, "classes": {auto class: class}}
// "fixed" is there where a part's own model_type is not looked at, "optional" where a missing part stays
// missing, and "given" is the config of a missing part. A line is read when it is first asked for, and stays.
// May be called from any thread.
const boost::json::object* config_defaults(std::string_view model_type);

// The model type that has `class_name` among the classes of its auto classes; empty where none has.
std::string_view model_type_of_class(std::string_view class_name);

}  // namespace testloom
