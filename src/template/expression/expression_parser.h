// Makes the tree of an expression, by Python's grammar.
#pragma once

#include "template/expression/expression_lexer.h"
#include "template/expression/syntax.h"

namespace testloom::templating {

// Brackets, operators and conditionals of one expression may be nested this deep.
inline constexpr int kDeepestExpression = 100;

// Reads expressions from a row of tokens. What cannot be read is one mistake; the result is then of kind
// `broken`, and everything up to the end counts as read.
class ExpressionParser {
 public:
  ExpressionParser(const Sources& sources, Span span, Expressions& expressions, Mistakes& mistakes);

  // What may stand in `${...}`: an expression, or several with commas between, which are a tuple.
  ExpressionId parse_expressions();
  // One expression, up to what cannot belong to it.
  ExpressionId parse_expression();
  // An expression without conditional, `and`, `or`, `not` and comparisons, such as a default before `in`;
  // string literals in a row are not joined.
  ExpressionId parse_operand();
  // A target of a loop or assignment: a name, or several with commas or brackets; nodes of kind name and
  // tuple.
  ExpressionId parse_target();

  // What a statement consists of besides expressions.
  const ExpressionToken& peek() const { return tokens_[at_]; }
  bool at_end() const { return peek().kind == ExpressionToken::Kind::end; }
  bool at_op(std::string_view op) const {
    return peek().kind == ExpressionToken::Kind::op && peek().text == op;
  }
  bool at_word(std::string_view word) const {
    return peek().kind == ExpressionToken::Kind::name && peek().text == word;
  }
  bool take_op(std::string_view op);
  bool take_word(std::string_view word);
  const ExpressionToken& take();  // the next token, whatever it is
  // Reports what stands there where `wanted` should; everything up to the end counts as read.
  void refuse(std::string_view wanted, std::string hint = {});
  // Reports it unless everything has been read.
  void expect_end(std::string hint = {});

 private:
  ExpressionId add(ExpressionKind kind, Span span, ExpressionId a = kNoExpression,
                   ExpressionId b = kNoExpression, uint8_t op = 0);
  Span since(size_t begin) const;
  ExpressionId broken();
  bool enter();

  ExpressionId parse_conditional();
  ExpressionId parse_or();
  ExpressionId parse_and();
  ExpressionId parse_not();
  ExpressionId parse_comparison();
  bool take_comparison(CompareOperator& op);
  ExpressionId parse_arithmetic();
  ExpressionId parse_term();
  ExpressionId parse_sign();
  ExpressionId parse_power();
  ExpressionId parse_primary();
  ExpressionId parse_call(ExpressionId callee);
  void refuse_bare_comprehension(ExpressionId id);
  bool parse_arguments(std::vector<ExpressionId>& arguments);
  ExpressionId make_call(ExpressionId callee, const std::vector<ExpressionId>& arguments, Span open);
  ExpressionId parse_subscript(ExpressionId container);
  ExpressionId parse_slice_part();
  ExpressionId parse_atom();
  ExpressionId parse_name();
  ExpressionId parse_constant();
  ExpressionId parse_parentheses();
  ExpressionId parse_list();
  ExpressionId parse_dict();
  ExpressionId parse_comprehension(ExpressionId element, size_t begin);
  ExpressionId parse_target_atom();
  bool is_bare_comprehension(ExpressionId id) const;
  bool parse_items(std::string_view close, std::vector<ExpressionId>& items, bool& has_comma);

  Expressions& expressions_;
  Mistakes& mistakes_;
  Span span_;
  std::vector<ExpressionToken> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
  bool join_strings_ = true;
  bool failed_ = false;
};

}  // namespace testloom::templating
