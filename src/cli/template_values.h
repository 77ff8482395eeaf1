// The values that a template is rendered with from the command line: --set, --values, and what follows from
// others.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/line_reader.h"
#include "cli/verbs.h"
#include "testloom/template.h"

namespace testloom::cli {

using NamedValues = std::vector<std::pair<std::string, Value>>;

struct ValueOptions {
  std::vector<std::string> set;       // NAME=VALUE
  std::optional<std::string> values;  // a file of JSON lines, or -
};
void add_value_options(CLI::App& verb, ValueOptions& options);

// The values of --set, each read by the type that the template gives its name. Throws an Error (usage).
NamedValues values_of_set(const Template& compiled, const std::vector<std::string>& set);

// Gives a renderer its values: those of a line, those that are always given, and those that follow from
// others: the device from the hardware type, the location from the model's name, the template's own name.
class ValueSetter {
 public:
  // `given` are the values of names that a line does not give. Template and renderer must outlive it.
  ValueSetter(const Template& compiled, Renderer& renderer, std::string template_name, NamedValues given);

  // All that the renderer had before is gone; names that the template does not use are passed over. Throws an
  // Error (usage) for a value that does not fit its name.
  void set(const NamedValues& values);

 private:
  Renderer& renderer_;
  NamedValues given_;
  Value template_name_;
  std::vector<std::string> used_;
};

// One line of --values as names and values. Throws an Error (spec) that says where it is wrong.
NamedValues read_values(std::string_view line, bool is_too_long, const std::string& path, int line_number);

}  // namespace testloom::cli
