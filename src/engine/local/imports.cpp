#include "engine/local/imports.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace testloom {

namespace {

// Loading these computes nothing and asks no device.
constexpr std::array<std::string_view, 12> kHeavy = {
    "PIL",           "accelerate", "diffusers", "numpy",      "safetensors", "scipy",
    "sentencepiece", "tokenizers", "torch",     "torchaudio", "torchvision", "transformers"};

std::string_view first_word(std::string_view text) {
  text = trimmed(text);
  size_t end = 0;
  while (end < text.size() && (text[end] == '_' || std::isalnum(static_cast<unsigned char>(text[end]))))
    ++end;
  return text.substr(0, end);
}

bool is_heavy(std::string_view package) {
  return std::find(kHeavy.begin(), kHeavy.end(), package) != kHeavy.end();
}

// The statement that begins at `at`, with the lines that its parenthesis spans; without a comment.
std::string statement_at(std::string_view text, size_t at) {
  std::string statement;
  bool is_open = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '#') {
      while (at < text.size() && text[at] != '\n') ++at;
      if (at == text.size()) break;
    }
    if (c == '(') is_open = true;
    if (c == ')') is_open = false;
    if (c == ';' && !is_open) break;  // what stands behind it is no import
    if (c == '\\' && at + 1 < text.size() && text[at + 1] == '\n') {
      statement += ' ';
      ++at;
      continue;
    }
    if (text[at] == '\n' && !is_open) break;
    statement += text[at] == '\n' ? ' ' : text[at];
  }
  return std::string(trimmed(statement));
}

void add(Imports& imports, std::string_view package, std::string statement) {
  if (!is_heavy(package)) return;
  imports.packages.emplace(package);
  const bool known =
      std::find(imports.statements.begin(), imports.statements.end(), statement) != imports.statements.end();
  if (!known) imports.statements.push_back(std::move(statement));
}

// Goes through lines and says whether one begins within a text of three quotes.
class LongTexts {
 public:
  // Whether the line that follows begins within one.
  bool is_inside() const { return quote_ != 0; }
  void pass(std::string_view line) {
    for (size_t at = 0; at < line.size(); ++at) {
      const char c = line[at];
      const bool is_triple = at + 2 < line.size() && line[at + 1] == c && line[at + 2] == c;
      if (c == '\\') {
        ++at;
      } else if (quote_ != 0) {
        if (c == quote_ && is_triple) quote_ = 0, at += 2;
      } else if (c == '#') {
        return;
      } else if (c == '"' || c == '\'') {
        if (is_triple) {
          quote_ = c, at += 2;
        } else {
          at = end_of_short(line, at);
        }
      }
    }
  }

 private:
  static size_t end_of_short(std::string_view line, size_t begin) {
    size_t at = begin + 1;
    while (at < line.size() && line[at] != line[begin]) at += line[at] == '\\' ? 2 : 1;
    return at;
  }

  char quote_ = 0;
};

}  // namespace

Imports heavy_imports(std::string_view python) {
  Imports imports;
  LongTexts texts;
  for (size_t at = 0; at < python.size();) {
    const std::string_view rest = python.substr(at);
    if (texts.is_inside()) {  // what looks like an import there is none
    } else if (rest.starts_with("from ")) {
      add(imports, first_word(rest.substr(5)), statement_at(python, at));
    } else if (rest.starts_with("import ")) {
      for (const std::string& each : split(statement_at(python, at).substr(7), ',')) {
        add(imports, first_word(each), "import " + std::string(trimmed(each)));
      }
    }
    const size_t line = python.find('\n', at);
    texts.pass(rest.substr(0, line == std::string_view::npos ? rest.size() : line - at));
    at = line == std::string_view::npos ? python.size() : line + 1;
  }
  return imports;
}

}  // namespace testloom
