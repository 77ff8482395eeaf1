// Reads `#% workload KEY=VALUE ...`.
#include <algorithm>

#include <fmt/core.h>

#include "base/text.h"
#include "template/expression/literal.h"
#include "template/expression/written.h"
#include "template/statement_parser.h"
#include "template/value_datum.h"
#include "template/workload_keys.h"

namespace testloom::templating {

namespace {

constexpr std::string_view kForm = "write '#% workload KEY=VALUE', such as seq_len=128";

std::string key_hint(std::string_view name) {
  std::vector<std::string_view> known;
  for (const WorkloadKey& key : workload_keys()) known.push_back(key.name);
  const std::string guess = nearest(name, known);
  return guess.empty() ? "its keys: " + join(known, ", ") : fmt::format("did you mean '{}'?", guess);
}

std::string value_hint(const WorkloadKey& key, const Value& value) {
  const auto* text = std::get_if<std::string>(&value.data);
  const std::string guess = text ? nearest(*text, key.words) : "";
  if (!guess.empty()) return fmt::format("did you mean '{}'?", guess);
  return (key.words.empty() ? "it takes " : "it takes one of ") + workload_values(key);
}

// As the key's type holds it: an int may stand for a float.
Value value_of(const WorkloadKey& key, const Datum& constant) {
  if (key.type == ValueType::number && constant.is(DatumKind::integer))
    return static_cast<double>(constant.integer);
  return to_value(constant);
}

class WorkloadReader {
 public:
  WorkloadReader(const Sources& sources, ExpressionParser& parser, Expressions& expressions,
                 Declarations& declarations, Mistakes& mistakes)
      : sources_(sources),
        parser_(parser),
        expressions_(expressions),
        declarations_(declarations),
        mistakes_(mistakes) {}

  void run() {
    do {
      if (!read_pair()) return;
      parser_.take_op(",");
    } while (!parser_.at_end());
  }

 private:
  bool read_pair() {
    const ExpressionToken name = parser_.peek();
    if (name.kind != ExpressionToken::Kind::name) {
      parser_.refuse("a key", std::string(kForm));
      return false;
    }
    parser_.take();
    if (!parser_.take_op("=")) {
      parser_.refuse("'=' and a value", std::string(kForm));
      return false;
    }
    const ExpressionId value = parser_.parse_operand();
    if (expressions_[value].kind == ExpressionKind::broken) return false;
    accept(name, value);
    return true;
  }

  void accept(const ExpressionToken& name, ExpressionId id) {
    const WorkloadKey* key = find_workload_key(name.text);
    if (!key) {
      mistakes_.push_back(
          {name.span, fmt::format("a workload has no key '{}'", name.text), key_hint(name.text)});
      return;
    }
    const Span where = expressions_[id].span;
    const std::optional<Datum> constant = constant_of(expressions_, id);
    if (!constant) {
      mistakes_.push_back({where, fmt::format("the value of '{}' is a literal", name.text),
                           "such as 128, or \"generate\" in quotes"});
      return;
    }
    Value value = value_of(*key, *constant);
    if (!takes_workload_value(*key, value)) {
      mistakes_.push_back(
          {where, fmt::format("'{}' cannot be {}", name.text, shown(*constant)), value_hint(*key, value)});
    } else if (!is_given_twice(name)) {
      declarations_.workload.push_back({name.span, name.text, std::move(value)});
    }
  }

  bool is_given_twice(const ExpressionToken& name) {
    const auto first = std::ranges::find(declarations_.workload, name.text, &WorkloadDeclaration::key);
    if (first == declarations_.workload.end()) return false;
    mistakes_.push_back({name.span, fmt::format("the key '{}' is given twice", name.text),
                         fmt::format("the first time in line {}", sources_.line_at(first->span))});
    return true;
  }

  const Sources& sources_;
  ExpressionParser& parser_;
  Expressions& expressions_;
  Declarations& declarations_;
  Mistakes& mistakes_;
};

}  // namespace

void parse_workload(const Sources& sources, ExpressionParser& parser, Expressions& expressions,
                    Declarations& declarations, Mistakes& mistakes) {
  WorkloadReader(sources, parser, expressions, declarations, mistakes).run();
}

}  // namespace testloom::templating
