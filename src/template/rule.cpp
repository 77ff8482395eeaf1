#include "template/rule.h"

namespace testloom::templating {

std::string_view rule_name(Rule rule) {
  constexpr std::string_view names[] = {"str_text",    "bytes_text",   "comment",        "name",
                                        "identifier",  "expression",   "number_or_name", "verbatim",
                                        "remark",      "json_text",    "json_value",     "json_key",
                                        "yaml_double", "yaml_single",  "yaml_value",     "yaml_block",
                                        "shell_word",  "shell_double", "shell_single",   "shell_number"};
  return names[static_cast<size_t>(rule)];
}

std::string describe(const Placement& placement) {
  std::string out(rule_name(placement.rule));
  if (placement.rule == Rule::str_text || placement.rule == Rule::bytes_text) {
    out += ' ';
    out += placement.quote;
  }
  if (placement.in_fstring) out += " in_fstring";
  if (placement.on_top) out += " on_top";
  if (placement.guarded) out += " guarded";
  if (placement.alone) {
    out += " alone";
  } else if (placement.begins) {
    out += " begins";
  }
  if (placement.before_dot) out += " before_dot";
  return out;
}

}  // namespace testloom::templating
