#include "template/statement_parser.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/text.h"
#include "template/expression/literal.h"
#include "template/expression/written.h"
#include "template/names.h"
#include "template/python_words.h"

namespace testloom::templating {

namespace {

using Kind = ExpressionToken::Kind;

constexpr std::string_view kParameterForm =
    "write '#% param NAME: TYPE = DEFAULT \"MEANING\"', and 'in [...]' for a choice";

std::optional<ValueType> type_of_word(std::string_view word) {
  constexpr std::pair<std::string_view, ValueType> types[] = {
      {"int", ValueType::integer},  {"float", ValueType::number}, {"str", ValueType::text},
      {"bool", ValueType::boolean}, {"list", ValueType::list},    {"dict", ValueType::dict}};
  for (const auto& [name, type] : types) {
    if (name == word) return type;
  }
  return std::nullopt;
}

class ParameterReader {
 public:
  ParameterReader(ExpressionParser& parser, Expressions& expressions, Mistakes& mistakes)
      : parser_(parser), expressions_(expressions), mistakes_(mistakes) {}

  bool read(ParameterDeclaration& declared) {
    if (parser_.peek().kind != Kind::name || is_keyword(parser_.peek().text))
      return fail("the parameter's name");
    declared.name_span = parser_.peek().span;
    declared.name = parser_.take().text;
    if (!parser_.take_op(":")) return fail("a ':' with the type");
    if (!read_type(declared)) return false;
    while (!parser_.at_end()) {
      if (!read_clause(declared)) return false;
    }
    return true;
  }

 private:
  bool fail(std::string_view wanted) {
    parser_.refuse(wanted, std::string(kParameterForm));
    return false;
  }

  bool read_type(ParameterDeclaration& declared) {
    const ExpressionToken& token = parser_.peek();
    const std::optional<ValueType> type = token.kind == Kind::name ? type_of_word(token.text) : std::nullopt;
    if (!type) {
      parser_.refuse("a type", "types: int, float, str, bool, list, dict");
      return false;
    }
    parser_.take();
    declared.type = *type;
    return true;
  }

  // The default, the meaning, the choice or the word `trusted`, in any order.
  bool read_clause(ParameterDeclaration& declared) {
    if (parser_.take_op("=")) return read_default(declared);
    if (parser_.take_word("in")) return read_choices(declared);
    if (parser_.take_word("trusted")) {
      declared.trusted = true;
      return true;
    }
    if (parser_.peek().kind == Kind::constant && parser_.peek().constant.is(DatumKind::text) &&
        declared.meaning.empty()) {
      declared.meaning = parser_.take().constant.text();
      return true;
    }
    return fail("the default, the meaning or 'in [...]'");
  }

  std::optional<Datum> read_constant(std::string_view what, Span& span) {
    const ExpressionId value = parser_.parse_operand();
    span = expressions_[value].span;
    if (expressions_[value].kind == ExpressionKind::broken) return std::nullopt;
    const std::optional<Datum> constant = constant_of(expressions_, value);
    if (!constant) {
      mistakes_.push_back(
          {span, fmt::format("{} is made of literals alone", what), "compute with '#% set' instead"});
    }
    return constant;
  }

  bool read_default(ParameterDeclaration& declared) {
    Span span;
    const std::optional<Datum> value = read_constant("a default", span);
    if (value) declared.default_value = accept(declared, *value, span);
    return value.has_value();
  }

  bool read_choices(ParameterDeclaration& declared) {
    Span span;
    const std::optional<Datum> list = read_constant("a choice", span);
    if (!list) return false;
    if ((!list->is(DatumKind::list) && !list->is(DatumKind::tuple)) || list->size == 0) {
      mistakes_.push_back({span, "a choice is a list of values", "such as in [64, 128]"});
      return false;
    }
    for (const Datum& value : *list) declared.choices.push_back(accept(declared, value, span));
    return true;
  }

  // The value as the parameter's type holds it: an int may stand for a float.
  Datum accept(const ParameterDeclaration& declared, Datum value, Span span) {
    if (declared.type == ValueType::number && value.is(DatumKind::integer)) {
      return number_datum(static_cast<double>(value.integer));
    }
    if (!has_type(value, declared.type)) {
      std::string shown;
      append_repr(shown, value);
      mistakes_.push_back(
          {span, fmt::format("{} is no {}", one_line(shown, 60), type_word(declared.type)), ""});
    }
    return value;
  }

  ExpressionParser& parser_;
  Expressions& expressions_;
  Mistakes& mistakes_;
};

void check_choice(const ParameterDeclaration& declared, Mistakes& mistakes) {
  if (!declared.default_value || declared.choices.empty()) return;
  const bool found = std::any_of(declared.choices.begin(), declared.choices.end(),
                                 [&](const Datum& choice) { return equal(choice, *declared.default_value); });
  if (!found) mistakes.push_back({declared.span, "the default is not in the choice", ""});
}

}  // namespace

void parse_parameter(ExpressionParser& parser, Expressions& expressions, Span statement,
                     Declarations& declarations, Mistakes& mistakes) {
  ParameterDeclaration declared;
  declared.span = statement;
  if (!ParameterReader(parser, expressions, mistakes).read(declared)) return;
  check_choice(declared, mistakes);
  declarations.parameters.push_back(std::move(declared));
}

std::string_view parse_template_name(const Sources& sources, Span arguments, Span& rest, Mistakes& mistakes) {
  const std::string_view text = sources.file(arguments.file).text();
  size_t begin = arguments.begin;
  while (begin < arguments.end && (text[begin] == ' ' || text[begin] == '\t')) ++begin;
  const bool quoted = begin < arguments.end && (text[begin] == '"' || text[begin] == '\'');
  size_t end = begin;
  if (quoted) {
    end = std::min(text.find(text[begin], begin + 1), arguments.end);
    if (end < arguments.end) {
      rest = {end + 1, arguments.end, arguments.file};
      if (end > begin + 1) return text.substr(begin + 1, end - begin - 1);
    }
  } else {
    while (end < arguments.end && text[end] != ' ' && text[end] != '\t') ++end;
    rest = {end, arguments.end, arguments.file};
    if (end > begin) return text.substr(begin, end - begin);
  }
  mistakes.push_back({Span{std::min(begin, arguments.end), arguments.end, arguments.file},
                      "a template's name is missing here", "write its name, in quotes where it has blanks"});
  return {};
}

void parse_needs(const Sources& sources, Span arguments, Span statement, Expressions& expressions,
                 Declarations& declarations, Mistakes& mistakes) {
  NeedDeclaration need;
  need.span = statement;
  Span rest;
  need.template_name = parse_template_name(sources, arguments, rest, mistakes);
  if (need.template_name.empty()) return;
  ExpressionParser parser(sources, rest, expressions, mistakes);
  while (!parser.at_end()) {
    const ExpressionToken name = parser.peek();
    if (name.kind != Kind::name) return parser.refuse("an axis", "write '#% needs NAME axis=value'");
    parser.take();
    if (!parser.take_op("=")) return parser.refuse("'=' and a value", "write '#% needs NAME axis=value'");
    const ExpressionId value = parser.parse_operand();
    parser.take_op(",");
    if (expressions[value].kind == ExpressionKind::broken) return;
    const std::optional<Datum> constant = constant_of(expressions, value);
    if (!constant) {
      mistakes.push_back(
          {expressions[value].span, "the value of an axis is a literal", "such as \"cpu\" or 1"});
      return;
    }
    const bool twice = std::any_of(need.axes.begin(), need.axes.end(),
                                   [&](const auto& axis) { return axis.name == name.text; });
    if (twice) mistakes.push_back({name.span, fmt::format("the axis '{}' is given twice", name.text), ""});
    need.axes.push_back({name.text, *constant});
  }
  declarations.needs.push_back(std::move(need));
}

void parse_cores(ExpressionParser& parser, const Expressions& expressions, Span statement,
                 Declarations& declarations, Mistakes& mistakes) {
  const ExpressionId value = parser.parse_operand();
  const Expression& node = expressions[value];
  if (node.kind == ExpressionKind::broken) return;
  if (node.kind != ExpressionKind::constant || !node.constant.is(DatumKind::integer) ||
      node.constant.integer < 1) {
    mistakes.push_back({node.span, "the number of cores is a whole number from 1", "such as '#% cores 4'"});
  } else if (declarations.cores) {
    mistakes.push_back({statement, "the number of cores is given twice", ""});
  } else {
    declarations.cores = node.constant.integer;
  }
}

void parse_output(std::string_view word, Span where, Declarations& declarations, Mistakes& mistakes) {
  const std::optional<OutputKind> kind = parse_output_kind(word);
  if (!kind) {
    mistakes.push_back({where, fmt::format("{} is no kind of output", quote(word)),
                        "kinds: python, text, json, yaml, shell"});
  } else if (declarations.output) {
    mistakes.push_back({where, "the kind of output is given twice", ""});
  } else {
    declarations.output = *kind;
  }
}

}  // namespace testloom::templating
