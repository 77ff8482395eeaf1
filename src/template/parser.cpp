#include "template/parser.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/text.h"
#include "template/python_words.h"
#include "template/statement_parser.h"

namespace testloom::templating {

namespace {

class Parser {
 public:
  Parser(const Sources& sources, uint32_t file, Expressions& expressions, Mistakes& mistakes)
      : sources_(sources), expressions_(expressions), mistakes_(mistakes) {
    tree_.file = file;
    open_.push_back({});
  }

  Tree run(const std::vector<Token>& tokens) {
    for (const Token& token : tokens) {
      if (too_deep_) break;
      step(token);
    }
    if (too_deep_) {
      tree_.is_whole = false;
      tree_.nodes.clear();
      return std::move(tree_);
    }
    while (open_.size() > 1) {
      refuse(open_.back().statement, fmt::format("'#% {}' is never ended", open_.back().word),
             fmt::format("write '#% {}' where it ends", end_of(open_.back().word)));
      tree_.is_whole = false;
      close_top();
    }
    return std::move(tree_);
  }

 private:
  // A statement that has not ended yet; its nodes collect in `body`.
  struct Open {
    std::vector<Node> body;
    std::string_view word = {};
    Span statement = {};
    Node owner = {};
    bool has_else = false;
  };

  static std::string end_of(std::string_view word) { return fmt::format("end{}", word); }

  void refuse(Span where, std::string message, std::string hint) {
    mistakes_.push_back({where, std::move(message), std::move(hint)});
  }

  std::vector<Node>& body() { return open_.size() == 1 ? tree_.nodes : open_.back().body; }

  void step(const Token& token) {
    switch (token.kind) {
      case TokenKind::text:
        add({.kind = Node::Kind::text, .span = token.span, .content = sources_.text(token.span)});
        break;
      case TokenKind::dollar:
        add({.kind = Node::Kind::text, .span = token.span, .content = "$"});
        break;
      case TokenKind::placeholder:
        add({.kind = Node::Kind::put, .span = token.span, .expression = parse_placeholder(token)});
        break;
      case TokenKind::statement:
        parse_statement(token);
        break;
    }
  }

  void add(Node node) { body().push_back(std::move(node)); }

  ExpressionId parse_placeholder(const Token& token) {
    if (!token.closed) {
      // The lexer has reported it.
      return expressions_.add({.kind = ExpressionKind::broken, .span = token.inside});
    }
    if (trimmed(sources_.text(token.inside)).empty()) {
      refuse(token.span, "'${}' names no value", "write a name between the braces, or '$$' for a dollar");
      return expressions_.add({.kind = ExpressionKind::broken, .span = token.inside});
    }
    ExpressionParser parser(sources_, token.inside, expressions_, mistakes_);
    const ExpressionId result = parser.parse_expressions();
    parser.expect_end();
    return result;
  }

  void parse_statement(const Token& token) {
    const std::string_view inside = sources_.text(token.inside);
    const std::string_view word = statement_word(inside);
    const size_t word_begin = token.inside.begin + inside.find_first_not_of(" \t");
    const Span word_span{word_begin, word_begin + word.size(), tree_.file};
    const Span rest{word.empty() ? token.inside.end : word_span.end, token.inside.end, tree_.file};
    statement_ = {token.inside.begin - 2, token.inside.end, tree_.file};
    while (statement_.end > statement_.begin && is_blank(statement_.end - 1)) --statement_.end;
    if (word.empty()) {
      refuse(statement_, "this statement has no word", "write '# %' for a comment that begins with '%'");
    } else if (!dispatch(word, rest, token)) {
      const std::string guess = nearest(word, statement_words());
      refuse(word_span, fmt::format("{} is no statement", quote(word)),
             guess.empty() ? "write '# %' for a comment that begins with '%'"
                           : fmt::format("did you mean '{}'?", guess));
    }
  }

  bool is_blank(size_t at) const {
    const char c = sources_.file(tree_.file).text()[at];
    return c == ' ' || c == '\t';
  }

  bool dispatch(std::string_view word, Span rest, const Token& token) {
    if (word == "if" || word == "for" || word == "block") return open_statement(word, rest);
    if (word == "elif" || word == "else") return next_branch(word, rest);
    if (word == "endif" || word == "endfor" || word == "endblock") return end_statement(word, rest);
    if (word == "set") return parse_set(rest);
    if (word == "include") return parse_include(rest, token);
    return dispatch_declaration(word, rest);
  }

  bool dispatch_declaration(std::string_view word, Span rest) {
    Declarations& declarations = tree_.declarations;
    if (word == "param" || word == "cores" || word == "workload") {
      ExpressionParser parser(sources_, rest, expressions_, mistakes_);
      if (word == "param") {
        parse_parameter(parser, expressions_, statement_, declarations, mistakes_);
      } else if (word == "cores") {
        parse_cores(parser, expressions_, statement_, declarations, mistakes_);
      } else {
        parse_workload(sources_, parser, expressions_, declarations, mistakes_);
      }
      parser.expect_end();
    } else if (word == "needs") {
      parse_needs(sources_, rest, statement_, expressions_, declarations, mistakes_);
    } else if (word == "output") {
      parse_output(trimmed(sources_.text(rest)), statement_, declarations, mistakes_);
    } else if (word == "extends") {
      parse_extends(rest);
    } else if (word == "exclusive") {
      declarations.exclusive = true;
      expect_nothing(rest, word);
    } else if (word == "raw" || word == "endraw") {
      expect_nothing(rest, word);
    } else {
      return word == "comment";
    }
    return true;
  }

  void expect_nothing(Span rest, std::string_view word) {
    if (trimmed(sources_.text(rest)).empty()) return;
    refuse(statement_, fmt::format("nothing can stand behind '#% {}'", word),
           "write a comment on a line of its own");
  }

  // --- if, for, block

  bool open_statement(std::string_view word, Span rest) {
    Open open{{}, word, statement_, {}, false};
    if (open_.size() > kDeepestStatements) {
      refuse(statement_, fmt::format("statements nested more than {} deep", kDeepestStatements),
             "put the inner part into a template of its own, and include it");
      too_deep_ = true;  // nothing is read any more
      return true;
    }
    open.owner.span = statement_;
    if (word == "if") {
      open.owner.kind = Node::Kind::choice;
      open.owner.branches.push_back({statement_, parse_condition(rest), {}});
    } else if (word == "for") {
      open.owner.kind = Node::Kind::loop;
      parse_loop(rest, open.owner);
    } else {
      open.owner.kind = Node::Kind::block;
      open.owner.name = parse_block_name(rest);
    }
    open_.push_back(std::move(open));
    return true;
  }

  ExpressionId parse_condition(Span rest) {
    ExpressionParser parser(sources_, rest, expressions_, mistakes_);
    const ExpressionId condition = parser.parse_expression();
    parser.take_op(":");  // as in Python
    parser.expect_end();
    return condition;
  }

  void parse_loop(Span rest, Node& loop) {
    ExpressionParser parser(sources_, rest, expressions_, mistakes_);
    loop.target = parser.parse_target();
    if (!parser.take_word("in")) parser.refuse("'in'", "write '#% for NAME in VALUES'");
    loop.expression = parser.parse_expressions();
    parser.take_op(":");
    parser.expect_end();
  }

  std::string_view parse_block_name(Span rest) {
    ExpressionParser parser(sources_, rest, expressions_, mistakes_);
    const std::string_view name = parser.peek().kind == ExpressionToken::Kind::name ? parser.take().text : "";
    if (name.empty()) parser.refuse("the block's name", "write '#% block NAME'");
    parser.expect_end();
    return name;
  }

  bool next_branch(std::string_view word, Span rest) {
    Open& top = open_.back();
    if (top.word != "if" || top.has_else) {
      refuse(statement_, fmt::format("'#% {}' has no '#% if' before it", word),
             top.has_else ? "nothing can follow '#% else' but '#% endif'" : "");
      return true;
    }
    top.owner.branches.back().body = std::move(top.body);
    top.body.clear();
    top.has_else = word == "else";
    if (word == "else") expect_nothing_but_colon(rest);
    const ExpressionId condition = word == "else" ? kNoExpression : parse_condition(rest);
    top.owner.branches.push_back({statement_, condition, {}});
    return true;
  }

  void expect_nothing_but_colon(Span rest) {
    const std::string_view text = trimmed(sources_.text(rest));
    if (!text.empty() && text != ":") {
      refuse(statement_, "nothing can stand behind '#% else'", "write '#% elif CONDITION'");
    }
  }

  bool end_statement(std::string_view word, Span rest) {
    const Open& top = open_.back();
    if (open_.size() == 1) {
      refuse(statement_, fmt::format("'#% {}' ends nothing", word),
             fmt::format("write '#% {}' where it begins", word.substr(3)));
    } else if (end_of(top.word) != word) {
      refuse(statement_,
             fmt::format("'#% {}' cannot end the '#% {}' of line {}", word, top.word,
                         sources_.line_at(top.statement)),
             fmt::format("write '#% {}' first", end_of(top.word)));
    } else {
      check_end_name(rest, word);
      close_top();
    }
    return true;
  }

  // `#% endblock NAME` may repeat the block's name.
  void check_end_name(Span rest, std::string_view word) {
    const std::string_view text = trimmed(sources_.text(rest));
    if (text.empty() || (word == "endblock" && text == open_.back().owner.name)) return;
    refuse(statement_, fmt::format("nothing can stand behind '#% {}'", word),
           word == "endblock" ? fmt::format("it ends the block '{}'", open_.back().owner.name)
                              : "write a comment on a line of its own");
  }

  void close_top() {
    Open top = std::move(open_.back());
    open_.pop_back();
    top.owner.end = statement_;
    if (top.owner.kind == Node::Kind::choice) {
      top.owner.branches.back().body = std::move(top.body);
    } else {
      top.owner.body = std::move(top.body);
    }
    add(std::move(top.owner));
  }

  // --- set, include, extends

  bool parse_set(Span rest) {
    ExpressionParser parser(sources_, rest, expressions_, mistakes_);
    Node node{.kind = Node::Kind::assignment, .span = statement_};
    node.target = parser.parse_target();
    if (!parser.take_op("=")) parser.refuse("'='", "write '#% set NAME = VALUE'");
    node.expression = parser.parse_expressions();
    parser.expect_end();
    add(std::move(node));
    return true;
  }

  bool parse_include(Span arguments, const Token& token) {
    Span rest;
    Node node{.kind = Node::Kind::include, .span = statement_};
    node.name = parse_template_name(sources_, arguments, rest, mistakes_);
    node.indentation = sources_.text({token.span.begin, statement_.begin, tree_.file});
    if (!node.name.empty()) {
      expect_nothing(rest, "include NAME");
      add(std::move(node));
    }
    return true;
  }

  void parse_extends(Span arguments) {
    Declarations& declarations = tree_.declarations;
    if (declarations.extends) {
      refuse(statement_, "a template extends only one other",
             fmt::format("the first one is in line {}", sources_.line_at(*declarations.extends)));
      return;
    }
    Span rest;
    const std::string_view name = parse_template_name(sources_, arguments, rest, mistakes_);
    if (name.empty()) return;
    expect_nothing(rest, "extends NAME");
    if (open_.size() > 1)
      refuse(statement_, "'#% extends' stands inside another statement", "write it at the top");
    declarations.extends = statement_;
    declarations.extended = name;
  }

  const Sources& sources_;
  Expressions& expressions_;
  Mistakes& mistakes_;
  Tree tree_;
  std::vector<Open> open_;
  bool too_deep_ = false;
  Span statement_;  // the one that is being read, without its line's end
};

}  // namespace

Tree parse(const Sources& sources, uint32_t file, const std::vector<Token>& tokens, Expressions& expressions,
           Mistakes& mistakes) {
  return Parser(sources, file, expressions, mistakes).run(tokens);
}

}  // namespace testloom::templating
