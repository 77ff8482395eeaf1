// Where in a model's name the table's sequences stand. Hands out each, from left to right, the longest at its
// place; what they mean together is decided by others.
#pragma once

#include <string>
#include <string_view>

#include "model/family/family_table.h"

namespace testloom {

// A row that was found in a name, and the part of the name that is evidence of it.
struct Found {
  const EvidenceRow* row = nullptr;
  std::string_view text;

  explicit operator bool() const { return row != nullptr; }
  const std::string& family() const { return row->model_family; }
};

struct SplitName {
  std::string_view organisation, name;
};

// "organisation/name", the last two parts of a path, or what a folder of the hub's cache is called after
// (models--organisation--name, and what stands in it).
SplitName split_name(std::string_view model_name);

// The row that `found` is, or the one for later generations of its line where the name goes on with such a
// number (gemma-3 of gemma), or with a letter for images (glm-4v).
Found with_generation(const FamilyTable& table, std::string_view name, const Found& found);

// Whether the one letter at name[at] means something: it is a capital, and not that of a version (v0.3).
bool stands_alone(std::string_view name, size_t at);

// Where the token begins that is next to name[at], which ends one.
size_t next_token(std::string_view name, size_t at);

// Calls visit(found, begins_name) for each row that is found in the name.
template <typename Visit>
void each_evidence(const FamilyTable& table, std::string_view name, Visit visit) {
  size_t beginning = 0;  // past what leads up to the name proper: chinese-lert
  for (size_t at = 0; at < name.size();) {
    const auto match =
        token_starts(name, at) ? table.names.longest(name, at) : std::optional<TokenTrie::Match>();
    if (!match || (match->end == at + 1 && !stands_alone(name, at))) {
      ++at;
      continue;
    }
    const Found found =
        with_generation(table, name, {&table.rows[match->value], name.substr(at, match->end - at)});
    const bool begins = at == beginning;
    visit(found, begins);
    at += found.text.size();
    if (begins && found.row->kind == EvidenceKind::lead) beginning = next_token(name, at);
  }
}

// What a token ends in (aeroBERT), where all that is known of the tokens' ends says one family; the leftmost,
// nothing where families contradict each other.
Found ending_in(const FamilyTable& table, std::string_view name);

}  // namespace testloom
