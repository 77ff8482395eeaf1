#include "cli/template_cases.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "base/files.h"
#include "base/text.h"

namespace testloom::cli {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMostBytes = 16 << 20;
constexpr size_t kMostMistakes = 100;

class CasesReader {
 public:
  CasesReader(std::string file, std::string_view text) : file_(std::move(file)), lines_(split(text, '\n')) {}

  std::vector<TemplateCase> read(const toml::table& document) {
    for (const auto& [key, node] : document) {
      if (key.str() != "case") refuse_key(key, {"case"});
    }
    const toml::node* listed = document.get("case");
    const toml::array* array = listed ? listed->as_array() : nullptr;
    if (!listed || (array && array->empty())) {
      refuse_whole("there is no case in it", "write [[case]] and below it values = {batch_size = 4}");
    } else if (!array || !array->is_array_of_tables()) {
      refuse(*listed, "'case' is no list of tables", "write [[case]] above each case");
    } else {
      for (const toml::node& node : *array) cases_.push_back(read_case(*node.as_table()));
    }
    if (!mistakes_.empty()) throw Error(ErrorKind::spec, sorted());
    return std::move(cases_);
  }

  [[noreturn]] void refuse_syntax(const toml::parse_error& error) {
    refuse_at(error.source().begin, std::string(error.description()), "the file is TOML 1.0");
    throw Error(ErrorKind::spec, mistakes_);
  }

 private:
  std::vector<Diagnostic> sorted() {
    std::stable_sort(mistakes_.begin(), mistakes_.end(), [](const Diagnostic& a, const Diagnostic& b) {
      return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
    });
    if (mistakes_.size() > kMostMistakes) mistakes_.resize(kMostMistakes);
    return mistakes_;
  }

  void refuse_whole(std::string message, std::string hint) {
    mistakes_.push_back({std::move(message), {file_, 0, 0, 0}, {}, std::move(hint), {}});
  }

  void refuse_at(toml::source_position at, std::string message, std::string hint, size_t width = 1) {
    const int line = static_cast<int>(at.line);
    const int column = static_cast<int>(at.column);
    std::string source;
    if (at.line >= 1 && at.line <= lines_.size()) source = lines_[at.line - 1];
    if (source.ends_with('\r')) source.pop_back();
    mistakes_.push_back({std::move(message),
                         {file_, line, column, column + static_cast<int>(width)},
                         std::move(source),
                         std::move(hint),
                         {}});
  }

  void refuse(const toml::node& node, std::string message, std::string hint) {
    refuse_at(node.source().begin, std::move(message), std::move(hint));
  }

  void refuse_key(const toml::key& key, const std::vector<std::string_view>& known) {
    const std::string guess = nearest(key.str(), known);
    refuse_at(key.source().begin, fmt::format("unknown key {}", quote(key.str(), 60)),
              guess.empty() ? "known keys: " + join(known, ", ") : fmt::format("did you mean '{}'?", guess),
              std::max<size_t>(1, count_code_points(key.str())));
  }

  TemplateCase read_case(const toml::table& table) {
    TemplateCase found;
    found.name = fmt::format("case {}", cases_.size() + 1);
    for (const auto& [key, node] : table) {
      if (key == "name") {
        found.name = read_text(key, node);
      } else if (key == "values") {
        read_values_table(node, found.values);
      } else if (key == "contains") {
        found.contains = read_texts(key, node);
      } else if (key == "lacks") {
        found.lacks = read_texts(key, node);
      } else if (key == "golden") {
        found.golden = (fs::path(file_).parent_path() / read_golden_path(key, node)).native();
      } else if (key == "error") {
        found.error = read_text(key, node);
      } else {
        refuse_key(key, {"name", "values", "contains", "lacks", "golden", "error"});
      }
    }
    const bool wants_text = found.golden || !found.contains.empty() || !found.lacks.empty();
    if (found.error && wants_text) {
      refuse(*table.get("error"), "a case that must fail has no text to look into",
             "leave out contains, lacks and golden, or make two cases of it");
    }
    return found;
  }

  // A golden file stands beside the cases, or in a folder there: it is shown, and written on request.
  std::string read_golden_path(const toml::key& key, const toml::node& node) {
    const std::string text = read_text(key, node);
    const fs::path path(text);
    const bool leaves = path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end();
    if (leaves)
      refuse(node, fmt::format("{} is not beside the cases", quote(text, 60)),
             "name a file below this one's folder");
    return text;
  }

  std::string read_text(const toml::key& key, const toml::node& node, bool is_item = false) {
    if (const auto* text = node.as_string(); text && !text->get().empty()) return text->get();
    refuse(node,
           fmt::format("{}'{}' {}", is_item ? "a text of " : "", key.str(),
                       node.is_string() ? "is empty" : "is no text"),
           fmt::format("write {} = {}", key.str(), is_item ? "[\"...\"]" : "\"...\""));
    return {};
  }

  std::vector<std::string> read_texts(const toml::key& key, const toml::node& node) {
    std::vector<std::string> texts;
    const toml::array* array = node.as_array();
    if (!array) {
      refuse(node, fmt::format("'{}' is no list of texts", key.str()),
             fmt::format("write {} = [\"...\"]", key.str()));
      return texts;
    }
    for (const toml::node& item : *array) texts.push_back(read_text(key, item, true));
    return texts;
  }

  void read_values_table(const toml::node& node, NamedValues& values) {
    const toml::table* table = node.as_table();
    if (!table) return refuse(node, "'values' is no table", "write values = {batch_size = 4}");
    values = std::get<Value::Dict>(value_of(*table).data);
  }

  Value value_of(const toml::node& node) {
    if (const toml::table* table = node.as_table()) {
      Value::Dict entries;
      for (const auto& [key, held] : *table) entries.emplace_back(std::string(key.str()), value_of(held));
      return entries;
    }
    if (const toml::array* array = node.as_array()) {
      Value::List items;
      for (const toml::node& item : *array) items.push_back(value_of(item));
      return items;
    }
    if (const auto* text = node.as_string()) return Value(text->get());
    if (const auto* integer = node.as_integer()) return Value(integer->get());
    if (const auto* number = node.as_floating_point()) return Value(number->get());
    if (const auto* truth = node.as_boolean()) return Value(truth->get());
    refuse(node, "a date or time is no value of a template", "write it in quotes");
    return {};
  }

  std::string file_;
  std::vector<std::string> lines_;
  std::vector<TemplateCase> cases_;
  std::vector<Diagnostic> mistakes_;
};

}  // namespace

std::string cases_file_of(const std::string& template_file) {
  fs::path path(template_file);
  return (path.parent_path() / (path.stem().native() + ".cases.toml")).native();
}

std::vector<TemplateCase> read_cases(const std::string& file) {
  std::error_code error;
  if (!fs::exists(file, error)) {
    throw Error(ErrorKind::usage, fmt::format("there are no cases at {}", quote(file, 400)),
                "write a [[case]] there, with values = {...} and contains = [...]");
  }
  const std::string text = read_file(file, kMostBytes, ErrorKind::spec);
  CasesReader reader(file, text);
  try {
    return reader.read(toml::parse(text, file));
  } catch (const toml::parse_error& mistake) {
    reader.refuse_syntax(mistake);
  }
}

}  // namespace testloom::cli
