// What Template keeps: everything that rendering and asking about the template need.
#pragma once

#include "template/program.h"

namespace testloom {

struct Template::Compiled {
  Compiled(std::string_view path, std::string_view text) : sources(path, text) {}

  templating::Sources sources;
  templating::Expressions expressions;
  templating::Program program;
  bool keeps_places = false;  // see CompileOptions
  templating::Resolution resolution;
  OutputKind output = OutputKind::python;
  std::vector<ParameterInfo> parameters;
  std::vector<templating::ParameterDeclaration> declared;  // as the parameters, with their values as data
  std::vector<NeedInfo> needs;
  bool is_exclusive = false;
  std::optional<int64_t> cores;
  std::vector<std::pair<std::string, Value>> workload;
  std::vector<UsedTemplate> used;
  std::vector<bool> names_wanted;  // by slot: whether its value is put where a name stands
};

}  // namespace testloom
