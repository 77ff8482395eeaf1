// The tightest part of the grammar: names, literals, what stands in brackets, and targets.
#include <fmt/core.h>

#include "base/text.h"
#include "template/expression/expression_parser.h"
#include "template/python_words.h"

namespace testloom::templating {

using Kind = ExpressionToken::Kind;

ExpressionId ExpressionParser::parse_atom() {
  const ExpressionToken& token = peek();
  if (token.kind == Kind::constant) return parse_constant();
  if (token.kind == Kind::name) return parse_name();
  if (at_op("(")) return parse_parentheses();
  if (at_op("[")) return parse_list();
  if (at_op("{")) return parse_dict();
  refuse("a value");
  return broken();
}

ExpressionId ExpressionParser::parse_constant() {
  const size_t begin = at_;
  const ExpressionToken first = take();
  Datum value = first.constant;
  if (first.is_two_to_63) {
    mistakes_.push_back({first.span, fmt::format("the integer {} is too large", quote(first.text)),
                         "expressions count in 64 bits"});
    failed_ = true;
    at_ = tokens_.size() - 1;
    return broken();
  }
  // String literals in a row are one text.
  while (join_strings_ && value.is(DatumKind::text) && peek().kind == Kind::constant &&
         peek().constant.is(DatumKind::text)) {
    const std::string joined = std::string(value.text()) + std::string(take().constant.text());
    value = text_datum(expressions_.constants().copy(joined));
  }
  const ExpressionId constant = add(ExpressionKind::constant, since(begin));
  expressions_[constant].constant = value;
  return constant;
}

ExpressionId ExpressionParser::parse_name() {
  const size_t begin = at_;
  const std::string_view word = peek().text;
  if (word == "None" || word == "True" || word == "False") {
    take();
    const ExpressionId constant = add(ExpressionKind::constant, since(begin));
    expressions_[constant].constant = word == "None" ? none_datum() : boolean_datum(word == "True");
    return constant;
  }
  if (is_keyword(word)) {
    refuse("a value", word == "lambda" ? "an expression defines no functions" : "");
    return broken();
  }
  take();
  const ExpressionId name = add(ExpressionKind::name, since(begin));
  expressions_[name].text = word;
  return name;
}

// Whether it lacks its own brackets so far; the one argument of a call may.
bool ExpressionParser::is_bare_comprehension(ExpressionId id) const {
  return expressions_[id].kind == ExpressionKind::comprehension && expressions_[id].op == 0;
}

// The items up to the closing bracket, which is taken.
bool ExpressionParser::parse_items(std::string_view close, std::vector<ExpressionId>& items,
                                   bool& has_comma) {
  while (!take_op(close)) {
    if (at_op("*")) refuse("a value", "join lists with +");
    const size_t begin = at_;
    ExpressionId item = parse_expression();
    if (items.empty() && at_word("for")) {
      item = parse_comprehension(item, begin);
      items.push_back(item);
      if (!take_op(close)) refuse(fmt::format("'{}'", close));
      return !failed_;
    }
    if (failed_) return false;
    items.push_back(item);
    if (take_op(",")) {
      has_comma = true;
    } else if (!at_op(close)) {
      refuse(fmt::format("',' or '{}'", close));
      return false;
    }
  }
  return !failed_;
}

ExpressionId ExpressionParser::parse_parentheses() {
  const size_t begin = at_;
  take();
  std::vector<ExpressionId> items;
  bool has_comma = false;
  if (!parse_items(")", items, has_comma)) return broken();
  if (items.size() == 1 && !has_comma) {
    if (!is_bare_comprehension(items[0])) return items[0];
    mistakes_.push_back({since(begin), "a comprehension stands in [ ]", "write '[' and ']' around it"});
    failed_ = true;
    at_ = tokens_.size() - 1;
    return broken();
  }
  Expression tuple;
  tuple.kind = ExpressionKind::tuple;
  tuple.span = since(begin);
  return expressions_.add(tuple, items);
}

ExpressionId ExpressionParser::parse_list() {
  const size_t begin = at_;
  take();
  std::vector<ExpressionId> items;
  bool has_comma = false;
  if (!parse_items("]", items, has_comma)) return broken();
  if (items.size() == 1 && !has_comma && is_bare_comprehension(items[0])) {
    expressions_[items[0]].op = 1;  // it has its brackets
    expressions_[items[0]].span = since(begin);
    return items[0];
  }
  Expression list;
  list.kind = ExpressionKind::list;
  list.span = since(begin);
  return expressions_.add(list, items);
}

ExpressionId ExpressionParser::parse_dict() {
  const size_t begin = at_;
  take();
  std::vector<ExpressionId> entries;
  while (!take_op("}")) {
    entries.push_back(parse_expression());
    if (!failed_ && !take_op(":")) {
      refuse("':'", entries.size() == 1 ? "an expression has dicts, {key: value}, and no sets" : "");
    }
    entries.push_back(failed_ ? broken() : parse_expression());
    if (!failed_ && at_word("for"))
      refuse("',' or '}'", "a comprehension makes a list: [value for name in values]");
    if (!failed_ && !at_op("}") && !take_op(",")) refuse("',' or '}'");
    if (failed_) return broken();
  }
  Expression dict;
  dict.kind = ExpressionKind::dict;
  dict.span = since(begin);
  return expressions_.add(dict, entries);
}

ExpressionId ExpressionParser::parse_comprehension(ExpressionId element, size_t begin) {
  std::vector<ExpressionId> clauses;
  while (!failed_ && at_word("for")) {
    const size_t clause_begin = at_;
    take();
    const ExpressionId target = parse_target();
    if (!failed_ && !take_word("in")) refuse("'in'");
    const ExpressionId iterable = failed_ ? broken() : parse_or();
    std::vector<ExpressionId> conditions;
    while (!failed_ && take_word("if")) conditions.push_back(parse_or());
    Expression clause;
    clause.kind = ExpressionKind::clause;
    clause.span = since(clause_begin);
    clause.a = iterable;
    clause.b = target;
    clauses.push_back(expressions_.add(clause, conditions));
  }
  if (failed_) return broken();
  Expression node;
  node.kind = ExpressionKind::comprehension;
  node.span = since(begin);
  node.a = element;
  return expressions_.add(node, clauses);
}

ExpressionId ExpressionParser::parse_target() {
  if (!enter()) return broken();
  const size_t begin = at_;
  std::vector<ExpressionId> items = {parse_target_atom()};
  bool has_comma = false;
  while (!failed_ && take_op(",")) {
    has_comma = true;
    if (peek().kind != Kind::name && !at_op("(") && !at_op("[")) break;
    if (at_word("in")) break;
    items.push_back(parse_target_atom());
  }
  --depth_;
  if (failed_) return broken();
  if (!has_comma) return items[0];
  Expression tuple;
  tuple.kind = ExpressionKind::tuple;
  tuple.span = since(begin);
  return expressions_.add(tuple, items);
}

ExpressionId ExpressionParser::parse_target_atom() {
  if (at_op("(") || at_op("[")) {
    const std::string_view close = take().text == "(" ? ")" : "]";
    const ExpressionId inner = parse_target();
    if (!failed_ && !take_op(close)) refuse(fmt::format("'{}'", close));
    return failed_ ? broken() : inner;
  }
  if (peek().kind == Kind::name && is_keyword(peek().text)) {
    refuse("a name", "");
    return broken();
  }
  if (peek().kind != Kind::name) {
    refuse("a name");
    return broken();
  }
  const size_t begin = at_;
  const std::string_view word = take().text;
  const ExpressionId name = add(ExpressionKind::name, since(begin));
  expressions_[name].text = word;
  return name;
}

}  // namespace testloom::templating
