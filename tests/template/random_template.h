// Random templates: skeletons of statements with operands that hold a placeholder or break something, on
// their own and within line statements, in blocks, between brackets and in strings of several lines. Most do
// not pass the check; those that do must be as safe as the ones that people write.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <string_view>

#include "oracle_cases.h"

namespace testloom {

class RandomTemplate {
 public:
  explicit RandomTemplate(unsigned seed)
      : choose_([random = std::mt19937(seed)](size_t bound) mutable { return random() % bound; }) {}
  // With every choice, a number below a bound, made by somebody else.
  explicit RandomTemplate(std::function<size_t(size_t)> choose) : choose_(std::move(choose)) {}

  // Statements of Python alone, every placeholder `${task}`.
  std::string plain() {
    std::string text;
    for (size_t count = below(3) + 1; count > 0; --count)
      text += filled(kStatements[below(std::size(kStatements))]) + '\n';
    return text;
  }

  // With line statements and placeholders of all types.
  std::string next() {
    std::string text = std::string(kDeclarations);
    loops_ = 0;
    for (size_t count = below(3) + 1; count > 0; --count) text += piece("", 2);
    return text;
  }

  size_t below(size_t bound) { return choose_(bound); }

  static constexpr std::string_view kDeclarations =
      "#% param label: str = \"L\"\n#% param count: int = 3\n#% param ratio: float = 0.25\n"
      "#% param flag: bool = False\n#% param words: list = [\"u\", \"v\"]\n#% param table: dict = {\"k\": "
      "1}\n";

 private:
  bool chance(size_t one_in) { return below(one_in) == 0; }

  std::string filled(std::string_view skeleton) {
    std::string text;
    for (const char c : skeleton) {
      c == '@' ? text += kOperands[below(std::size(kOperands))] : text += c;
    }
    return text;
  }

  // What stands between the braces.
  std::string expression() {
    constexpr std::string_view expressions[] = {"task",
                                                "task",
                                                "label",
                                                "task + label",
                                                "task.upper()",
                                                "batch_size",
                                                "count",
                                                "ratio",
                                                "flag",
                                                "words",
                                                "table",
                                                "words[0]",
                                                "table.k",
                                                "config.any",
                                                "config.word",
                                                "None",
                                                "count + 1",
                                                "count / 2",
                                                "[task, 1]",
                                                "{task: count}",
                                                "identifier(task)",
                                                "task if flag else count",
                                                "str(count)",
                                                "(task, count)",
                                                "len(words)",
                                                "range(count)"};
    if (loops_ > 0 && chance(2)) return chance(5) ? "loop.index" : "v" + std::to_string(below(loops_) + 1);
    return std::string(expressions[below(std::size(expressions))]);
  }

  // A placeholder where an operand stands.
  std::string operand() {
    constexpr std::string_view shapes[] = {
        "@",       "@",       "'@'",     "\"a @\"",       "f'{v}@'",     "b'@'",   "(@)",    "[@, 1]",
        "'@' '@'", "@ + 1",   "- @",     "x(@)",          "@.y",         "y[@]",   "1",      "y_@",
        "f'{@}'",  "'''@'''", "(not @)", "@ if @ else 1", "(lambda: @)", "{@: 1}", "u'\\n@'"};
    std::string text;
    for (const char c : shapes[below(std::size(shapes))]) {
      c == '@' ? text += "${" + expression() + "}" : text += c;
    }
    return text;
  }

  std::string filled_with_types(std::string_view skeleton) {
    std::string text;
    for (const char c : skeleton) {
      if (c != '@') {
        text += c;
      } else {
        text += chance(8) ? std::string(kOperands[below(std::size(kOperands))]) : operand();
      }
    }
    return text;
  }

  // Some lines, each with its end.
  std::string piece(const std::string& indentation, int depth) {
    switch (depth > 0 ? below(9) : 0) {
      case 1:
        return bracketed(indentation, depth);
      case 2:
        return quoted(indentation, depth);
      case 3:
        return indentation + block() + "\n" +
               choice_or_loop(indentation + "    ", depth, [&] { return line(indentation + "    "); }) +
               indentation + "    pass\n";
      case 4:
        return "#% set w = " + expression() + "\n" + line(indentation);
      case 5:
      case 6:
      case 7:
        return choice_or_loop(indentation, depth, [&] { return piece(indentation, depth - 1); });
      default:
        return line(indentation);
    }
  }

  std::string block() {
    constexpr std::string_view blocks[] = {"if @:",           "def f(a=@):",      "class A_@:",
                                           "for i in @:",     "while @:",         "with @ as c:",
                                           "class ${label}:", "def g_${task}():", "try:\n    pass\nfinally:"};
    return filled_with_types(blocks[below(std::size(blocks))]);
  }

  std::string line(const std::string& indentation) {
    constexpr std::string_view common[] = {
        "x = @",    "x = (@, @)",        "f(@, k=@)",     "x = @ + @",   "# @ @",
        "x = '@'",  "x[0] = @",          "x = {@: @}",    "x.y(@)",      "v_${task} = @",
        "x = f'@'", "import a_${label}", "x = y.${task}", "assert @, @", "# ${config.any}",
        "del y[@]", "x: int = @  # @"};
    if (chance(6)) return indentation + filled_with_types(kStatements[below(std::size(kStatements))]) + "\n";
    return indentation + filled_with_types(common[below(std::size(common))]) + "\n";
  }

  template <typename Inner>
  std::string choice_or_loop(const std::string& indentation, int depth, Inner inner) {
    const std::string mark = (chance(3) ? "" : indentation) + "#% ";
    if (chance(2)) {
      std::string text = mark + "if " + expression() + "\n" + inner();
      if (chance(3)) text += mark + "elif " + expression() + "\n" + inner();
      if (chance(2)) text += mark + "else\n" + inner();
      return text + mark + "endif\n";
    }
    constexpr std::string_view iterables[] = {
        "words",   "range(2)",     "[task, 1]", "config.items", "[[label], None, 2.5]",    "table", "[]",
        "[1, 16]", "['a', 'b_2']", "'xy'",      "[0, -1]",      "enumerate(['k', \"q'\"])"};
    std::string text = mark + "for v" + std::to_string(loops_ + 1) + " in " +
                       std::string(iterables[below(std::size(iterables))]) + "\n";
    ++loops_;
    text += inner();
    if (depth > 1 && chance(2)) text += inner();
    --loops_;
    return text + mark + "endfor\n";
  }

  std::string bracketed(const std::string& indentation, int depth) {
    constexpr std::string_view opens[] = {"x = [", "x = (", "f(", "x = {", "x = [[", "y = {"};
    constexpr std::string_view closes[] = {"]", ")", ")", "}", "]]", "}"};
    constexpr std::string_view items[] = {"@,", "@,", "@,", "@: @,", "@,", "@: @,"};
    const size_t which = below(std::size(opens));
    const auto item = [&] {
      return indentation + "    " + filled_with_types(chance(9) ? "@" : items[which]) +
             (chance(6) ? "  # @" : "") + "\n";
    };
    std::string text = indentation + std::string(opens[which]) + "\n";
    for (size_t count = below(2) + 1; count > 0; --count)
      text += item() + choice_or_loop(indentation + "    ", depth, item);
    return text + indentation + std::string(closes[which]) + "\n";
  }

  std::string quoted(const std::string& indentation, int depth) {
    constexpr std::string_view opens[] = {"x = '''", "x = \"\"\"", "x = f'''", "x = b'''", "'''"};
    const std::string open(opens[below(std::size(opens))]);
    const std::string quote = open.find('"') == std::string::npos ? "'''" : "\"\"\"";
    const auto inside = [&] {
      constexpr std::string_view texts[] = {"a ${E}", "${E}",     "${E} ${E}", "\\n ${E}.",
                                            "'${E}",  "{{${E}}}", "{x}${E}"};
      std::string text(texts[below(std::size(texts))]);
      for (size_t at; (at = text.find('E')) != std::string::npos;) text.replace(at, 1, expression());
      return text + "\n";
    };
    return indentation + open + inside() + choice_or_loop(chance(2) ? indentation : "", depth, inside) +
           inside() + quote + "\n";
  }

  std::function<size_t(size_t)> choose_;
  size_t loops_ = 0;
};

}  // namespace testloom
