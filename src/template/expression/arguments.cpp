#include "template/expression/arguments.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/text.h"
#include "template/expression/numbers.h"

namespace testloom::templating {

namespace {

[[noreturn]] void fail_for_count(const Signature& signature, size_t given) {
  const std::string_view limit = signature.required == signature.positional ? "" : "at most ";
  const std::string most =
      signature.positional == 0 ? "no arguments" : counted(signature.positional, "argument");
  throw EvaluationError{fmt::format("{}() takes {}{}, and {} {} given", signature.name, limit, most, given,
                                    given == 1 ? "is" : "are")};
}

[[noreturn]] void fail_for_keyword(const Signature& signature, std::string_view name) {
  const auto end = signature.parameters.begin() + signature.size();
  const std::string near = nearest(name, {signature.parameters.begin() + signature.positional_only, end});
  throw EvaluationError{fmt::format("{}() has no argument {}", signature.name, quote(name, 60)),
                        near.empty() ? "" : fmt::format("did you mean '{}'?", near)};
}

size_t find_parameter(const Signature& signature, std::string_view name) {
  const auto end = signature.parameters.begin() + signature.size();
  const auto found = std::find(signature.parameters.begin(), end, name);
  if (found == end) fail_for_keyword(signature, name);
  const size_t parameter = static_cast<size_t>(found - signature.parameters.begin());
  if (parameter < signature.positional_only) {
    throw EvaluationError{fmt::format("{}() takes its argument '{}' without the name", signature.name, name)};
  }
  return parameter;
}

}  // namespace

Bound bind(const Signature& signature, const Arguments& arguments) {
  Bound bound = {};
  if (arguments.positional.size() > signature.positional) {
    fail_for_count(signature, arguments.positional.size());
  }
  for (size_t i = 0; i < arguments.positional.size(); ++i) bound[i] = &arguments.positional[i];
  for (const Keyword& keyword : arguments.keywords) {
    const size_t parameter = find_parameter(signature, keyword.name);
    if (bound[parameter]) {
      throw EvaluationError{
          fmt::format("the argument '{}' of {}() is given twice", keyword.name, signature.name)};
    }
    bound[parameter] = &keyword.value;
  }
  for (size_t i = 0; i < signature.required; ++i) {
    if (!bound[i]) {
      throw EvaluationError{
          fmt::format("{}() is missing its argument '{}'", signature.name, signature.parameters[i])};
    }
  }
  return bound;
}

std::string_view text_argument(const Signature& signature, size_t parameter, const Datum& argument) {
  if (argument.is(DatumKind::text)) return argument.text();
  throw EvaluationError{fmt::format("{}() takes a text as '{}', not '{}'", signature.name,
                                    signature.parameters[parameter], type_name(argument))};
}

int64_t integer_argument(const Signature& signature, size_t parameter, const Datum& argument) {
  if (is_integer(argument)) return as_integer(argument);
  throw EvaluationError{fmt::format("{}() takes an integer as '{}', not '{}'", signature.name,
                                    signature.parameters[parameter], type_name(argument))};
}

}  // namespace testloom::templating
