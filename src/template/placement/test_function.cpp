#include "template/placement/test_function.h"

#include <fmt/core.h>

#include "template/placement/operand.h"

namespace testloom::templating {

namespace {

using Kind = PythonToken::Kind;
using Tokens = std::span<const PythonToken>;

constexpr std::string_view kPrefix = "test_";

bool is_indented(const CodeText& code, const PythonToken& first) {
  for (size_t at = first.begin; at > 0; --at) {
    const char c = code.at(at - 1);
    if (c == ' ' || c == '\t') return true;
    if (c != '\f') return false;
  }
  return false;
}

// Calls `use` with each parameter's tokens; `open` is at the bracket before the first.
template <typename Use>
void for_each_parameter(const CodeText& code, Tokens line, size_t open, Use use) {
  int depth = 0, lambdas = 0;
  size_t first = open + 1;
  for (size_t at = open; at < line.size(); ++at) {
    const Kind kind = line[at].kind;
    if (kind == Kind::open || kind == Kind::field_begin) ++depth;
    const bool closes = kind == Kind::close || kind == Kind::field_end;
    if (closes) --depth;
    if (kind == Kind::joint && at == first) ++first;
    if (depth == 1 && is_word(code, line[at], "lambda")) ++lambdas;
    if (depth == 1 && lambdas > 0 && is_op(code, line[at], ":")) --lambdas;
    const bool separates = depth == 1 && lambdas == 0 && is_op(code, line[at], ",");
    if (separates || (closes && depth == 0)) {
      if (at > first) use(line.subspan(first, at - first));
      first = at + 1;
    }
    if (closes && depth == 0) return;
  }
}

bool is_required(const CodeText& code, Tokens parameter) {
  const std::string_view first = code.text(parameter[0].begin, parameter[0].end);
  if (first == "*" || first == "**" || first == "/") return false;
  int depth = 0;
  for (const PythonToken& token : parameter) {
    if (token.kind == Kind::open || token.kind == Kind::field_begin) ++depth;
    if (token.kind == Kind::close || token.kind == Kind::field_end) --depth;
    if (depth == 0 && is_op(code, token, "=")) return false;
  }
  return true;
}

class TestFinder {
 public:
  TestFinder(const CodeText& code, Mistakes& mistakes) : code_(code), mistakes_(mistakes) {}

  void pass(const Joint& joint) {
    if (joint.kind == Joint::Kind::if_begin || joint.kind == Joint::Kind::for_begin) {
      const bool is_loop = joint.kind == Joint::Kind::for_begin;
      open_.push_back({count_, is_loop ? count_ : Count{kMany, 0}, is_loop, is_loop});
      loops_ += is_loop ? 1 : 0;
      return;
    }
    if (open_.empty()) return;
    Ways& ways = open_.back();
    ways.joined = {std::min(ways.joined.least, count_.least), std::max(ways.joined.most, count_.most)};
    if (joint.kind == Joint::Kind::if_next) {
      ways.is_complete = ways.is_complete || joint.is_else;
      count_ = ways.start;
      return;
    }
    // Without an else there is a way on which nothing of the choice is.
    count_ = ways.is_complete ? ways.joined
                              : Count{std::min(ways.joined.least, ways.start.least),
                                      std::max(ways.joined.most, ways.start.most)};
    loops_ -= ways.is_loop ? 1 : 0;
    open_.pop_back();
  }

  void look_at(Tokens line) {
    const bool is_async = is_word(code_, line[0], "async");
    const size_t def = is_async ? 1 : 0;
    if (line.size() < def + 3 || !is_word(code_, line[def], "def") || line[def + 1].kind != Kind::name)
      return;
    const PythonToken& name = line[def + 1];
    const std::string_view text = code_.text(name.begin, name.end);
    const bool is_test = text.starts_with(kPrefix);
    if (is_indented(code_, line[0])) {
      if (is_test && !inner_) inner_ = span_of(name);
      return;
    }
    if (!is_test) {
      check_name_is_decided(name, text);
      return;
    }
    note(name);
    if (is_async) {
      mistakes_.push_back({span_of(line[0]), "a test function cannot be async",
                           "write 'def' and run the coroutine with asyncio.run(...)"});
    }
    check_parameters(line, def + 2);
  }

  void finish() {
    if (first_ && count_.least == 0 && !reported_) {
      mistakes_.push_back({first_, "whether there is a test function depends on a value",
                           "define one on every way: write '#% else', or choose inside of the function"});
    }
    if (first_) return;
    if (inner_) {
      mistakes_.push_back({inner_, "the template has no test function at top level",
                           "move this one out of its class or block: 'def test_...' without indentation"});
    } else {
      mistakes_.push_back({std::nullopt, "the template has no test function",
                           "write 'def test_...():' at top level, such as def test_${model_family}():"});
    }
  }

 private:
  // Test functions so far, over all ways that lead here.
  struct Count {
    size_t least = 0;
    size_t most = 0;
  };
  static constexpr size_t kMany = 1'000'000;
  struct Ways {
    Count start;
    Count joined;
    bool is_complete;
    bool is_loop;
  };

  Span span_of(const PythonToken& token) const { return code_.source_span(token.begin, token.end); }

  // Whether a function is a test must not depend on a value.
  void check_name_is_decided(const PythonToken& name, std::string_view text) {
    const size_t hole = text.find(kHole);
    if (hole == std::string_view::npos || !kPrefix.starts_with(text.substr(0, hole))) return;
    mistakes_.push_back({span_of(name), "whether this function is a test depends on a value",
                         "begin its name with letters of its own, such as 'test_'"});
  }

  void note(const PythonToken& name) {
    ++count_.least;
    ++count_.most;
    if (loops_ > 0) {
      reported_ = true;
      mistakes_.push_back({span_of(name), "a test function stands in a loop",
                           "a template is one test; let the function itself go through the values"});
    } else if (count_.most > 1) {
      reported_ = true;
      mistakes_.push_back({span_of(name), "the template has more than one test function",
                           fmt::format("a template is one test; the first one is in line {}", first_line_)});
    }
    if (!first_) {
      first_ = span_of(name);
      first_line_ = code_.line_of(name.begin);
    }
  }

  void check_parameters(Tokens line, size_t open) {
    while (open < line.size() && !(line[open].kind == Kind::open && code_.at(line[open].begin) == '('))
      ++open;
    for_each_parameter(code_, line, open, [&](Tokens parameter) {
      if (!is_required(code_, parameter)) return;
      mistakes_.push_back({span_of(parameter[0]), "a test function takes no required arguments",
                           "nothing is passed to it: give the argument a default"});
    });
  }

  const CodeText& code_;
  Mistakes& mistakes_;
  std::optional<Span> first_;
  size_t first_line_ = 0;
  std::optional<Span> inner_;  // the first indented one
  std::vector<Ways> open_;
  Count count_;
  size_t loops_ = 0;
  bool reported_ = false;
};

}  // namespace

void check_test_function(const CodeText& code, Tokens tokens, Mistakes& mistakes) {
  TestFinder finder(code, mistakes);
  size_t first = 0;
  for (size_t at = 0; at < tokens.size(); ++at) {
    if (tokens[at].kind == Kind::joint && at == first) {
      finder.pass(code.joints()[tokens[at].joint]);
      first = at + 1;
    } else if (tokens[at].kind == Kind::newline) {
      if (at > first) finder.look_at(tokens.subspan(first, at - first));
      first = at + 1;
    }
  }
  finder.finish();
}

}  // namespace testloom::templating
