// How names are told whose type the tables do not have: for each name, the entry that decided is taken out of
// the tables and the name is looked at again. scripts/report-families shows the sums.
//
//   unseen_families entry|line NAMES.json…    a line a name: family, answer, name, what was taken out
//   unseen_families speed NAMES.json…         names told a second, on one thread
//
// `entry` takes out the very entries that decided, in both tables; `line` all that begin with the same word,
// as if no model of that line had ever been seen. Modality words and organisations stay. Names whose family
// no one could know are left out.
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <boost/json.hpp>

#include "base/embedded.h"
#include "base/files.h"
#include "base/text.h"
#include "model/family/name_search.h"

namespace testloom {
namespace {

struct Labelled {
  std::string name, family;
};

std::vector<Labelled> read_names(int count, char** paths) {
  std::vector<Labelled> names;
  for (int i = 0; i < count; ++i) {
    const auto data = boost::json::parse(read_file(paths[i], 1 << 24, ErrorKind::spec));
    for (const auto& entry : data.at("names").as_object()) {
      if (entry.value().as_object().contains("knowable")) continue;
      names.push_back({std::string(entry.key()), std::string(entry.value().at("family").as_string())});
    }
  }
  return names;
}

// Letters and digits alone, in lower case: how entries are compared.
std::string normal(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') out += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

std::string first_word(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const size_t end = lower.find_first_not_of("abcdefghijklmnopqrstuvwxyz");
  return lower.substr(0, end);
}

bool names_a_model(const EvidenceRow& row) {
  return row.kind == EvidenceKind::type || row.kind == EvidenceKind::part || row.kind == EvidenceKind::first;
}

// "kimi k2" of "kimi k2 5": a since row's words without the generation.
std::string line_of(std::string_view words) {
  const auto is_number = [](const std::string& token) {
    return token.find_first_not_of("0123456789") == std::string::npos;
  };
  std::vector<std::string> tokens = split(words, ' ');
  while (tokens.size() > 1 && is_number(tokens.back())) tokens.pop_back();
  return join(tokens, " ");
}

// The tables without the entries that `gone` says.
template <typename Gone>
FamilyTable table_without(Gone gone) {
  std::string text;
  for (const std::string& line : split(embedded::families().at(0).text, '\n')) {
    std::vector<std::string> columns = split(line, '\t');
    if (columns.size() != 4 || line.front() == '#') continue;
    const bool model = columns[0] == "type" || columns[0] == "part" || columns[0] == "first";
    std::vector<std::string> kept;
    for (const std::string& sequence : split(columns[3], ',')) {
      const std::string_view words = trimmed(sequence);
      if (model && gone(words)) continue;
      if (columns[0] == "since" && (gone(line_of(words)) || gone(words))) continue;
      kept.emplace_back(words);
    }
    if (!kept.empty())
      text += fmt::format("{}\t{}\t{}\t{}\n", columns[0], columns[1], columns[2], join(kept, ","));
  }
  FamilyTable table = parse_family_table(text, "families.tsv");
  std::string types_text;
  for (const std::string& line : split(embedded::families().at(1).text, '\n')) {
    if (!gone(std::string_view(line).substr(0, line.find('\t')))) types_text += line + "\n";
  }
  add_model_types(table, ModelTypes(types_text, "model_types.tsv"));
  return table;
}

int report_unseen(bool whole_line, const std::vector<Labelled>& names) {
  for (const Labelled& each : names) {
    std::vector<std::string> out;  // what is taken out, as it is compared
    each_evidence(family_table(), split_name(each.name).name, [&](const Found& found, bool begins) {
      if (!names_a_model(*found.row) || (found.row->kind == EvidenceKind::first && !begins)) return;
      out.push_back(whole_line ? first_word(found.text) : normal(found.text));
    });
    if (out.empty()) continue;
    const FamilyTable table = table_without([&](std::string_view entry) {
      std::string key = whole_line ? first_word(entry) : normal(entry);
      if (!whole_line && key.ends_with("model")) key.resize(key.size() - 5);
      for (const std::string& one : out) {
        if (!one.empty() && key == one) return true;
      }
      return false;
    });
    fmt::print("{}\t{}\t{}\t{}\n", each.family, detect_family(each.name, table).model_family, each.name,
               join(out, " "));
  }
  return 0;
}

int report_speed(const std::vector<Labelled>& names) {
  constexpr size_t wanted = 4'000'000;
  detect_family("warm");
  size_t told = 0, known = 0;
  const std::clock_t begin = std::clock();  // this process's own time, whatever else the machine does
  while (told < wanted) {
    for (const Labelled& each : names) known += detect_family(each.name).origin != "none";
    told += names.size();
  }
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  fmt::print("{:.2f} million names a second ({:.1f} % of them known)\n",
             static_cast<double>(told) / seconds / 1e6,
             100.0 * static_cast<double>(known) / static_cast<double>(told));
  return 0;
}

}  // namespace
}  // namespace testloom

int main(int count, char** arguments) {
  using namespace testloom;
  const std::string_view mode = count > 2 ? arguments[1] : "";
  if (mode != "entry" && mode != "line" && mode != "speed") {
    fmt::print(stderr, "usage: unseen_families entry|line|speed NAMES.json...\n");
    return 2;
  }
  try {
    const std::vector<Labelled> names = read_names(count - 2, arguments + 2);
    return mode == "speed" ? report_speed(names) : report_unseen(mode == "line", names);
  } catch (const std::exception& error) {
    fmt::print(stderr, "unseen_families: {}\n", error.what());
    return 1;
  }
}
