// What may stand where: the rule by which a placeholder's value is written, as decided by placement/ and
// output/ and obeyed by escape and output/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace testloom::templating {

enum class Rule : uint8_t {
  // Python
  str_text,        // inside a str literal: decodes to exactly the value
  bytes_text,      // inside a bytes literal: decodes to the value's UTF-8
  comment,         // inside a comment: cannot end the line, nor make an encoding or type comment of it
  name,            // a name or a part of one: made of [A-Za-z0-9_], distinct for distinct values
  identifier,      // a name or a part of one that the value must be already, as after a dot
  expression,      // an operand: a typed literal
  number_or_name,  // an operand in an f-string's replacement field, where no quote may stand
  // any output
  verbatim,  // str(value) as it is: raw(...), and everything in output of kind text
  remark,    // inside a comment of YAML or shell: cannot end the line
  // JSON
  json_text,   // inside a string: decodes to exactly str(value)
  json_value,  // a whole value: a typed literal of JSON
  json_key,    // an object's key: a string
  // YAML
  yaml_double,  // inside "...": decodes to exactly str(value)
  yaml_single,  // inside '...': the same; what cannot stand there is an error of the value
  yaml_value,   // a whole scalar or collection, written in flow style, which is JSON
  yaml_block,   // inside a block scalar: printable, on one line
  // shell
  shell_word,    // outside of quotes: one word, or a part of one
  shell_double,  // inside "..."
  shell_single,  // inside '...'
  shell_number,  // in arithmetic: an integer
};

struct Placement {
  Rule rule = Rule::expression;
  char quote = '\'';        // str_text, bytes_text: the quote of the literal
  bool in_fstring = false;  // str_text: braces are doubled
  bool on_top = false;      // comment: Python looks for an encoding there
  bool guarded = false;     // comment: a `:` or `=` follows, which a value may turn into a declaration
  bool begins = false;      // name, identifier: the value begins the name, so that no digit may come first
  bool alone = false;       // name, identifier: the value is the whole name, so that it may be no keyword
  // The rules of YAML and shell use some of these too: output/yaml_text.h, output/shell_text.h and
  // output/write.h say how.
  bool before_dot = false;  // expression, number_or_name: an integer needs parentheses
  bool operator==(const Placement&) const = default;
};

// "str_text", "expression", ...
std::string_view rule_name(Rule rule);
// As `str_text " in f-string`, for dumps.
std::string describe(const Placement& placement);

}  // namespace testloom::templating
