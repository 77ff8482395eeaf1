#include "template/rule.h"

namespace testloom::templating {

namespace {

std::string_view rule_name(Rule rule) {
  switch (rule) {
    case Rule::str_text:
      return "str_text";
    case Rule::bytes_text:
      return "bytes_text";
    case Rule::comment:
      return "comment";
    case Rule::name:
      return "name";
    case Rule::identifier:
      return "identifier";
    case Rule::expression:
      return "expression";
    case Rule::number_or_name:
      return "number_or_name";
  }
  return "?";
}

}  // namespace

std::string describe(const Placement& placement) {
  std::string out(rule_name(placement.rule));
  if (placement.rule == Rule::str_text || placement.rule == Rule::bytes_text) {
    out += ' ';
    out += placement.quote;
  }
  if (placement.in_fstring) out += " in_fstring";
  if (placement.on_top) out += " on_top";
  if (placement.alone) {
    out += " alone";
  } else if (placement.begins) {
    out += " begins";
  }
  if (placement.before_dot) out += " before_dot";
  return out;
}

}  // namespace testloom::templating
