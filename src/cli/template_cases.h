// The cases that a template ships in NAME.cases.toml beside it: values to render it for, and what must come
// out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/template_values.h"

namespace testloom::cli {

struct TemplateCase {
  std::string name;
  NamedValues values;
  std::vector<std::string> contains;
  std::vector<std::string> lacks;
  std::optional<std::string> golden;  // a file's path; its content is the whole text
  std::optional<std::string> error;   // it must fail with an error that contains this
};

// "a/latency.cases.toml" for "a/latency.py".
std::string cases_file_of(const std::string& template_file);

// Throws an Error: usage when the file is not there, spec with every mistake found in it.
std::vector<TemplateCase> read_cases(const std::string& file);

}  // namespace testloom::cli
