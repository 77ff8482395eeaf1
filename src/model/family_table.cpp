#include "model/family_table.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/embedded.h"
#include "base/text.h"
#include "model/family.h"
#include "testloom/error.h"

namespace testloom {

namespace {

struct KindWord {
  std::string_view word;
  EvidenceKind kind;
};
constexpr std::array<KindWord, 9> kind_words = {{
    {"type", EvidenceKind::type},
    {"part", EvidenceKind::part},
    {"first", EvidenceKind::first},
    {"word", EvidenceKind::word},
    {"sense", EvidenceKind::sense},
    {"task", EvidenceKind::task},
    {"hint", EvidenceKind::hint},
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
    if (!diagnostics_.empty()) throw Error(ErrorKind::spec, std::move(diagnostics_));
    return std::move(table_);
  }

 private:
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
    if (kind == EvidenceKind::hide && !none) {
      fail("a hidden word has no family");
      return false;
    }
    if (none && kind != EvidenceKind::hide && kind != EvidenceKind::task) {
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
    if (task == "-" ? kind != EvidenceKind::task : kind != EvidenceKind::hide && is_task(task)) return true;
    fail(task == "-"                  ? std::string("a task row needs a task")
         : kind == EvidenceKind::hide ? std::string("a hidden word has no task")
                                      : fmt::format("{} is not a task", quote(task)));
    return false;
  }

  void add_sequence(EvidenceKind kind, std::string_view sequence) {
    if (!is_sequence(sequence)) {
      return fail(fmt::format("{} is not a sequence of lower-case tokens", quote(sequence)));
    }
    TokenTrie& trie = kind == EvidenceKind::organisation ? table_.organisations : table_.names;
    const auto row = static_cast<uint16_t>(table_.rows.size() - 1);
    if (const auto earlier = trie.add(sequence, row)) {
      fail(fmt::format("{} is on line {} already", quote(sequence), lines_[*earlier]));
    }
  }

  const std::string& path_;
  std::string_view source_;
  int line_ = 0;
  FamilyTable table_;
  std::vector<int> lines_;  // of each row
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace

FamilyTable parse_family_table(std::string_view text, const std::string& path) {
  return TableParser(path).parse(text);
}

const FamilyTable& family_table() {
  static const FamilyTable table = [] {
    const embedded::File& file = embedded::families().front();
    return parse_family_table(file.text, std::string(file.name));
  }();
  return table;
}

}  // namespace testloom
