#include "template/placement/operand.h"

#include <algorithm>
#include <array>

#include "template/python_words.h"

namespace testloom::templating {

namespace {

using Kind = PythonToken::Kind;

constexpr auto kBeforeOperand = std::to_array<std::string_view>(
    {"and",   "or",    "not",    "in",    "is",   "if",  "elif",   "else", "for",    "while", "return",
     "yield", "await", "assert", "raise", "from", "del", "except", "with", "import", "as",    "lambda"});
constexpr auto kAfterOperand = std::to_array<std::string_view>(
    {"and", "or", "not", "in", "is", "if", "else", "for", "async", "from", "as"});
constexpr auto kBinaryOperators =
    std::to_array<std::string_view>({"+", "-", "*", "/",  "%",  "@",  "**", "//", "<<", ">>", "&", "|",
                                     "^", "<", ">", "<=", ">=", "==", "!=", ",",  ":",  ".",  ";", "="});
// With `=` these are also what may stand before an operand.
constexpr auto kPrefixOperators = std::to_array<std::string_view>({"~", ":=", "->"});
constexpr auto kAugmentedAssignments = std::to_array<std::string_view>(
    {"+=", "-=", "*=", "/=", "//=", "%=", "@=", "&=", "|=", "^=", ">>=", "<<=", "**="});

bool holds(auto& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

bool is_word(const CodeText& code, const PythonToken& token, std::string_view word) {
  return token.kind == Kind::name && code.text(token.begin, token.end) == word;
}

bool is_op(const CodeText& code, const PythonToken& token, std::string_view op) {
  return token.kind == Kind::op && code.text(token.begin, token.end) == op;
}

bool is_augmented_assignment(const CodeText& code, const PythonToken& token) {
  return token.kind == Kind::op && holds(kAugmentedAssignments, code.text(token.begin, token.end));
}

bool ends_operand(const CodeText& code, const PythonToken& token) {
  const std::string_view text = code.text(token.begin, token.end);
  switch (token.kind) {
    case Kind::name:
      return !holds(kBeforeOperand, text);
    case Kind::op:
      return !holds(kBinaryOperators, text) && !holds(kPrefixOperators, text) &&
             !holds(kAugmentedAssignments, text);
    case Kind::open:
    case Kind::field_begin:
    case Kind::newline:
    case Kind::joint:
      return false;
    default:
      return true;
  }
}

bool can_follow_operand(const CodeText& code, const PythonToken& token) {
  const std::string_view text = code.text(token.begin, token.end);
  switch (token.kind) {
    case Kind::name:
      return holds(kAfterOperand, text);
    case Kind::op:
      return holds(kBinaryOperators, text);
    case Kind::close:
    case Kind::conversion:
    case Kind::spec_begin:
    case Kind::field_end:
    case Kind::newline:
    case Kind::joint:
      return true;
    default:
      return false;
  }
}

}  // namespace testloom::templating
