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

}  // namespace

Imports heavy_imports(std::string_view python) {
  Imports imports;
  for (size_t at = 0; at < python.size();) {
    const std::string_view rest = python.substr(at);
    if (rest.starts_with("from ")) {
      add(imports, first_word(rest.substr(5)), statement_at(python, at));
    } else if (rest.starts_with("import ")) {
      for (const std::string& each : split(statement_at(python, at).substr(7), ',')) {
        add(imports, first_word(each), "import " + std::string(trimmed(each)));
      }
    }
    const size_t line = python.find('\n', at);
    at = line == std::string_view::npos ? python.size() : line + 1;
  }
  return imports;
}

}  // namespace testloom
