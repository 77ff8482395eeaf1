#include "model/estimate/named_shapes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/format.h>
#include <boost/json/parse.hpp>

#include "base/embedded.h"
#include "base/text.h"
#include "model/estimate/named_size.h"
#include "model/family/model_types.h"
#include "model/family/name_search.h"
#include "testloom/error.h"

namespace testloom {

namespace {

constexpr double near = 0.1;
constexpr size_t most_labels = 8;  // of a name, that are kept

// Sets a key, "hidden_size" or "text_config.hidden_size".
void set(boost::json::object& keys, std::string_view key, boost::json::value value) {
  const size_t dot = key.find('.');
  if (dot == key.npos) {
    keys[key] = std::move(value);
    return;
  }
  boost::json::value& part = keys[key.substr(0, dot)];
  if (!part.is_object()) part = boost::json::object();
  part.get_object()[key.substr(dot + 1)] = std::move(value);
}

void merge(boost::json::object& into, const boost::json::object& keys) {
  for (const auto& [key, value] : keys) {
    boost::json::value* old = into.if_contains(key);
    if (old && old->is_object() && value.is_object()) {
      merge(old->get_object(), value.get_object());
    } else {
      into[key] = value;
    }
  }
}

bool is_text(std::string_view family) { return family == "text_generation" || family == "text_embedding"; }

bool fits(const NamedLine& line, std::string_view wanted) {
  if (wanted.empty() || wanted == "unknown" || line.model_family == wanted) return true;
  return is_text(wanted) && (is_text(line.model_family) || (line.writes && wanted == "text_generation"));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether what ends at name[end] has taken the digits of a size: qwen-3 of Qwen-3B.
bool took_a_size(std::string_view name, size_t end) {
  if (end >= name.size() || !is_digit(name[end - 1])) return false;
  const bool unit = std::string_view("bBmM").find(name[end]) != std::string_view::npos;
  return unit && (end + 1 == name.size() || !token_starts(name, end + 1)) &&
         (end + 1 == name.size() || !((name[end + 1] | 0x20) >= 'a' && (name[end + 1] | 0x20) <= 'z'));
}

std::optional<TokenTrie::Match> longest(const TokenTrie& trie, std::string_view name, size_t at) {
  auto match = trie.longest(name, at);
  if (!match || !took_a_size(name, match->end)) return match;
  size_t end = match->end;
  while (end > at && is_digit(name[end - 1])) --end;
  return end == at ? std::nullopt : trie.longest(name.substr(0, end), at);
}

}  // namespace

class NamedShapesParser {
 public:
  NamedShapesParser(NamedShapes& table, const std::string& path) : table_(table), path_(path) {}

  void parse(std::string_view text) {
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      ++line_;
      const std::string_view row = text.substr(begin, end - begin);
      if (!row.empty() && row.front() != '#') parse_row(split(row, '\t'));
      begin = end + 1;
    }
    std::ranges::sort(table_.labels_, {},
                      [](const NamedShapes::Label& label) { return std::tuple(label.line, label.sequence); });
    for (const auto& [sequence, number] : sequences_) find_shorter(sequence, number);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::spec, fmt::format("{}:{}: {}", path_, line_, what));
  }

  void parse_row(const std::vector<std::string>& row) {
    if (row.size() != 4) refuse("a row has four columns");
    if (row[0] == "line") return add_line(row);
    const std::optional<uint16_t> line = table_.find_line(row[1]);
    if (!line) refuse(fmt::format("there is no line {} above", quote(row[1], 40)));
    if (row[0] == "shape") return add_shape(*line, row[2], row[3]);
    if (row[0] == "known") return add_known(*line, row[2], row[3]);
    if (row[0] != "mixture") refuse(fmt::format("{} is no kind of row", quote(row[0], 40)));
    table_.lines_[*line].mixture = table_.find_line(row[2]);
    if (!table_.lines_[*line].mixture) refuse(fmt::format("there is no line {}", quote(row[2], 40)));
  }

  void add_line(const std::vector<std::string>& row) {
    if (table_.find_line(row[1])) refuse("this line is there already");
    NamedLine line;
    line.name = row[1];
    line.keys = keys_of(row[2]);
    if (!line.keys.contains("model_type")) line.keys["model_type"] = row[1];
    const ModelType* type = model_types().find(std::string_view(line.keys["model_type"].get_string()));
    if (!type) refuse("there is no such model type");
    line.model_type = type->name;
    line.model_family = type->family;
    line.writes = type->task == "image-text-to-text";
    const uint16_t number = static_cast<uint16_t>(table_.lines_.size());
    table_.lines_.push_back(std::move(line));
    for (const std::string_view sequence : split(row[3], ',')) {
      NamedShapes::Meaning& meaning = meaning_of(sequence);
      if (meaning.line) refuse(fmt::format("{} names another line", quote(sequence, 40)));
      meaning.line = number;
    }
  }

  void add_shape(uint16_t line, std::string_view labels, std::string_view keys) {
    NamedLine& owner = table_.lines_[line];
    const uint16_t number = static_cast<uint16_t>(owner.shapes.size());
    NamedShape shape{std::string(split(labels, ',').front()), 0, keys_of(keys)};
    for (const std::string_view label : split(labels, ',')) {
      if (const std::optional<NamedSize> size = size_in_name(label)) {
        shape.size = size->parameters;
        continue;
      }
      meaning_of(label).label = true;
      table_.labels_.push_back({line, sequences_.at(std::string(label)), number});
    }
    owner.shapes.push_back(std::move(shape));
  }

  void add_known(uint16_t line, std::string_view size, std::string_view sequences) {
    const std::optional<NamedSize> said = size_in_name(size);
    if (!said) refuse(fmt::format("{} is no size", quote(size, 40)));
    for (const std::string_view sequence : split(sequences, ',')) {
      NamedShapes::Meaning& meaning = meaning_of(sequence);
      if (meaning.line) refuse(fmt::format("{} names a line", quote(sequence, 40)));
      meaning.line = line;
      meaning.size = said->parameters;
    }
  }

  boost::json::object keys_of(std::string_view text) const {
    boost::json::object keys;
    if (text == "-") return keys;
    for (const std::string_view pair : split(text, ' ')) {
      const size_t equals = pair.find('=');
      if (equals == pair.npos) refuse(fmt::format("{} is not key=value", quote(pair, 40)));
      const std::string_view key = pair.substr(0, equals), value = pair.substr(equals + 1);
      if (key == "model_type") {
        keys[key] = value;
        continue;
      }
      boost::system::error_code problem;
      boost::json::value parsed = boost::json::parse(value, problem);
      if (problem) refuse(fmt::format("{} is no JSON", quote(value, 40)));
      set(keys, key, std::move(parsed));
    }
    return keys;
  }

  NamedShapes::Meaning& meaning_of(std::string_view sequence) {
    const uint16_t next = static_cast<uint16_t>(table_.meanings_.size());
    const auto [at, is_new] = sequences_.emplace(sequence, next);
    if (is_new) {
      if (table_.trie_.add(sequence, next)) refuse(fmt::format("{} is there already", quote(sequence, 40)));
      table_.meanings_.emplace_back();
    }
    return table_.meanings_[at->second];
  }

  void find_shorter(const std::string& sequence, uint16_t number) {
    for (size_t blank = sequence.rfind(' '); blank != sequence.npos && blank > 0;
         blank = sequence.rfind(' ', blank - 1)) {
      const auto found = sequences_.find(sequence.substr(0, blank));
      if (found == sequences_.end()) continue;
      table_.meanings_[number].shorter = found->second;
      return;
    }
  }

  NamedShapes& table_;
  const std::string& path_;
  size_t line_ = 0;
  std::map<std::string, uint16_t, std::less<>> sequences_;
};

std::optional<uint16_t> NamedLine::nearest(double size) const {
  std::optional<uint16_t> best;
  double distance = near;
  for (size_t at = 0; at < shapes.size(); ++at) {
    if (shapes[at].size == 0) continue;
    const double off = std::abs(size / shapes[at].size - 1);
    if (off > distance) continue;
    distance = off;
    best = static_cast<uint16_t>(at);
  }
  return best;
}

NamedShapes::NamedShapes(std::string_view text, const std::string& path) {
  NamedShapesParser(*this, path).parse(text);
}

std::optional<uint16_t> NamedShapes::find_line(std::string_view name) const {
  const auto found = std::ranges::find(lines_, name, &NamedLine::name);
  return found == lines_.end() ? std::nullopt : std::optional(static_cast<uint16_t>(found - lines_.begin()));
}

std::optional<uint16_t> NamedShapes::shape_of(uint16_t line, uint16_t sequence) const {
  std::optional<uint16_t> looked = sequence;
  while (looked) {
    const auto wanted = std::tuple(line, *looked);
    const auto found = std::ranges::lower_bound(
        labels_, wanted, {}, [](const Label& label) { return std::tuple(label.line, label.sequence); });
    if (found != labels_.end() && found->line == line && found->sequence == *looked) return found->shape;
    looked = meanings_[*looked].shorter;
  }
  return std::nullopt;
}

NamedWords NamedShapes::words_of(std::string_view model_name, std::string_view model_family) const {
  const std::string_view name = split_name(model_name).name;
  NamedWords words;
  std::array<uint16_t, most_labels> labels{};
  size_t label_count = 0;
  bool goes_on = false;  // behind a match a token begins, whatever it is
  for (size_t at = 0; at < name.size();) {
    const auto match = goes_on || token_starts(name, at) ? longest(trie_, name, at) : std::nullopt;
    goes_on = false;
    if (!match) {
      ++at;
      continue;
    }
    at = match->end;
    goes_on = true;
    const Meaning& meaning = meanings_[match->value];
    if (meaning.line && fits(lines_[*meaning.line], model_family) &&
        (!words.line || *meaning.line >= *words.line)) {
      words.line = meaning.line;
      words.size = meaning.size;
    }
    if (meaning.label && label_count < most_labels) labels[label_count++] = match->value;
  }
  if (!words.line) return words;
  for (size_t at = 0; at < label_count && !words.shape; ++at) words.shape = shape_of(*words.line, labels[at]);
  return words;
}

boost::json::object NamedShapes::config(uint16_t line, std::optional<uint16_t> shape) const {
  boost::json::object config = lines_[line].keys;
  if (shape) merge(config, lines_[line].shapes[*shape].keys);
  return config;
}

const NamedShapes& named_shapes() {
  static const NamedShapes table(embedded::named_shapes().front().text, "named_shapes.tsv");
  return table;
}

}  // namespace testloom
