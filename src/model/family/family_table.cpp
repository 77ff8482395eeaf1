#include "model/family/family_table.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/embedded.h"
#include "base/text.h"
#include "model/family/family.h"
#include "testloom/error.h"

namespace testloom {

namespace {

struct KindWord {
  std::string_view word;
  EvidenceKind kind;
};
constexpr std::array<KindWord, 12> kind_words = {{
    {"type", EvidenceKind::type},
    {"part", EvidenceKind::part},
    {"first", EvidenceKind::first},
    {"since", EvidenceKind::since},
    {"word", EvidenceKind::word},
    {"sense", EvidenceKind::sense},
    {"task", EvidenceKind::task},
    {"hint", EvidenceKind::hint},
    {"ending", EvidenceKind::ending},
    {"lead", EvidenceKind::lead},
    {"organisation", EvidenceKind::organisation},
    {"hide", EvidenceKind::hide},
}};
constexpr size_t most_rows = 0xFFFE;

bool is_sequence(std::string_view text) {
  const auto in_token = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  for (size_t at = 0; at < text.size(); ++at) {
    if (!in_token(text[at]) && !(text[at] == ' ' && text[at - 1] != ' ')) return false;
  }
  return true;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 2 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_task(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

class TableParser {
 public:
  explicit TableParser(const std::string& path) : path_(path) {}

  FamilyTable parse(std::string_view text) {
    size_t begin = 0;
    while (begin < text.size()) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      ++line_;
      source_ = text.substr(begin, end - begin);
      if (!source_.empty() && source_.front() != '#') parse_row();
      begin = end + 1;
    }
    for (const Later& later : later_) resolve(later);
    if (!diagnostics_.empty()) throw Error(ErrorKind::spec, std::move(diagnostics_));
    return std::move(table_);
  }

 private:
  // A line of models and the row for its later generations.
  struct Later {
    std::string line;
    Generation since;
    uint16_t row;
    int source_line;
  };

  void fail(std::string message, std::string hint = {}) {
    diagnostics_.push_back({std::move(message), {path_, line_, 0, 0}, {}, std::move(hint)});
  }

  void parse_row() {
    const std::vector<std::string> columns = split(source_, '\t');
    if (columns.size() != 4) {
      return fail(fmt::format("a row has 4 columns separated by tabs, this one has {}", columns.size()));
    }
    const std::optional<EvidenceKind> kind = parse_kind(columns[0]);
    if (!kind || !check_family(*kind, columns[1]) || !check_task(*kind, columns[2])) return;
    if (table_.rows.size() == most_rows) return fail("the table has too many rows");
    const auto value = [](const std::string& column) { return column == "-" ? std::string() : column; };
    table_.rows.push_back({*kind, value(columns[1]), value(columns[2])});
    lines_.push_back(line_);
    for (const std::string& sequence : split(columns[3], ',')) add_sequence(*kind, trimmed(sequence));
    if (*kind == EvidenceKind::since) table_.rows.back().kind = EvidenceKind::type;
  }

  std::optional<EvidenceKind> parse_kind(std::string_view word) {
    const auto found = std::ranges::find(kind_words, word, &KindWord::word);
    if (found != kind_words.end()) return found->kind;
    std::vector<std::string_view> words;
    for (const KindWord& known : kind_words) words.push_back(known.word);
    const std::string near = nearest(word, words);
    fail(fmt::format("unknown kind {}", quote(word)),
         near.empty() ? std::string() : fmt::format("did you mean '{}'?", near));
    return std::nullopt;
  }

  bool check_family(EvidenceKind kind, const std::string& family) {
    const bool none = family == "-";
    const bool is_evidence = kind != EvidenceKind::hide && kind != EvidenceKind::lead;
    if (!is_evidence && !none) {
      fail(fmt::format("a {} word has no family", kind == EvidenceKind::hide ? "hidden" : "leading"));
      return false;
    }
    if (none && is_evidence && kind != EvidenceKind::task) {
      fail("this kind of row needs a family");
      return false;
    }
    const std::vector<std::string>& families = known_families();
    if (none || (family != "unknown" && std::ranges::find(families, family) != families.end())) return true;
    const std::vector<std::string_view> words(families.begin(), families.end());
    const std::string near = nearest(family, words);
    fail(fmt::format("unknown family {}", quote(family)),
         near.empty() ? std::string() : fmt::format("did you mean '{}'?", near));
    return false;
  }

  bool check_task(EvidenceKind kind, const std::string& task) {
    const bool is_evidence = kind != EvidenceKind::hide && kind != EvidenceKind::lead;
    if (task == "-" ? kind != EvidenceKind::task : is_evidence && is_task(task)) return true;
    fail(task == "-"                  ? std::string("a task row needs a task")
         : kind == EvidenceKind::hide ? std::string("a hidden word has no task")
         : kind == EvidenceKind::lead ? std::string("a leading word has no task")
                                      : fmt::format("{} is not a task", quote(task)));
    return false;
  }

  void add_sequence(EvidenceKind kind, std::string_view sequence) {
    if (!is_sequence(sequence)) {
      return fail(fmt::format("{} is not a sequence of lower-case tokens", quote(sequence)));
    }
    if (kind == EvidenceKind::since) return add_later(sequence);
    if (kind == EvidenceKind::ending && sequence.find(' ') != sequence.npos) {
      return fail(fmt::format("{} is no ending of one token", quote(sequence)));
    }
    TokenTrie& trie = trie_of(kind);
    const auto row = static_cast<uint16_t>(table_.rows.size() - 1);
    if (const auto earlier = trie.add(sequence, row)) {
      fail(fmt::format("{} is on line {} already", quote(sequence), lines_[*earlier]));
    }
  }

  TokenTrie& trie_of(EvidenceKind kind) {
    if (kind == EvidenceKind::organisation) return table_.organisations;
    return kind == EvidenceKind::ending ? table_.endings : table_.names;
  }

  // "qwen 3 5": what the row says holds for qwen from generation 3.5 on.
  void add_later(std::string_view sequence) {
    Later later{{}, {}, static_cast<uint16_t>(table_.rows.size() - 1), line_};
    std::vector<std::string> tokens = split(sequence, ' ');
    std::vector<int> numbers;
    while (!tokens.empty() && is_number(tokens.back()) && numbers.size() < 2) {
      numbers.insert(numbers.begin(), std::stoi(tokens.back()));
      tokens.pop_back();
    }
    if (tokens.empty() || numbers.empty()) {
      return fail(fmt::format("{} is no line of models with a generation", quote(sequence)));
    }
    later.line = join(tokens, " ");
    later.since = {numbers[0], numbers.size() > 1 ? numbers[1] : 0};
    later_.push_back(later);
  }

  void resolve(const Later& later) {
    line_ = later.source_line;
    const std::optional<uint16_t> row = table_.names.find(later.line);
    if (!row) return fail(fmt::format("{} is in no row of the table", quote(later.line)));
    EvidenceRow own = table_.rows[*row];
    own.later = later.row;
    own.since = later.since;
    table_.names.replace(later.line, static_cast<uint16_t>(table_.rows.size()));
    table_.rows.push_back(own);
  }

  const std::string& path_;
  std::string_view source_;
  int line_ = 0;
  FamilyTable table_;
  std::vector<int> lines_;  // of each row
  std::vector<Later> later_;
  std::vector<Diagnostic> diagnostics_;
};

// The tokens that a type's name is made of: qwen2_5_vl is "qwen2 5 vl". What some types end in to say that
// they are a model is left out.
std::string sequence_of(std::string_view model_type) {
  std::string sequence(model_type);
  for (char& c : sequence) {
    if (c == '_' || c == '-') c = ' ';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  constexpr std::string_view ending = " model";
  if (sequence.ends_with(ending)) sequence.resize(sequence.size() - ending.size());
  return sequence;
}

// Short names are ordinary words as often as types (beam, jev), and so are heard only where they begin a
// name.
constexpr size_t longest_ordinary_word = 5;

EvidenceKind kind_of_type(const FamilyTable& table, const std::string& sequence, std::string_view family) {
  const bool is_word = std::ranges::all_of(sequence, [](char c) { return c >= 'a' && c <= 'z'; });
  if (is_word && sequence.size() <= longest_ordinary_word) return EvidenceKind::first;
  // Another generation of what is a component is one too: qwen2, swinv2.
  std::string line = sequence.substr(0, sequence.find_last_not_of(" 0123456789") + 1);
  if (line.size() == sequence.size()) return EvidenceKind::type;
  for (const bool with_v : {true, false}) {
    if (!with_v && line.ends_with('v')) line.pop_back();
    const std::optional<uint16_t> row = table.names.find(line);
    if (row && table.rows[*row].kind == EvidenceKind::part && table.rows[*row].model_family == family) {
      return EvidenceKind::part;
    }
  }
  return EvidenceKind::type;
}

}  // namespace

FamilyTable parse_family_table(std::string_view text, const std::string& path) {
  return TableParser(path).parse(text);
}

void add_model_types(FamilyTable& table, const ModelTypes& types) {
  for (const ModelType& type : types.rows()) {
    const std::string sequence = sequence_of(type.name);
    if (!type.whole.empty() || !is_sequence(sequence) || table.names.find(sequence)) continue;
    const EvidenceKind kind =
        type.family.empty() ? EvidenceKind::hide : kind_of_type(table, sequence, type.family);
    table.names.add(sequence, static_cast<uint16_t>(table.rows.size()));
    table.rows.push_back({kind, std::string(type.family), std::string(type.task)});
  }
}

const FamilyTable& family_table() {
  static const FamilyTable table = [] {
    const embedded::File& file = embedded::families().front();
    FamilyTable made = parse_family_table(file.text, std::string(file.name));
    add_model_types(made, model_types());
    return made;
  }();
  return table;
}

}  // namespace testloom
