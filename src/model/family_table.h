// The table of what words in names mean: families.tsv, parsed and checked. Its format is described at the
// head of that file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/family.h"
#include "model/token_trie.h"

namespace testloom {

enum class EvidenceKind : uint8_t { type, part, first, word, sense, task, hint, organisation, hide };

struct EvidenceRow {
  EvidenceKind kind;
  std::string model_family;  // empty: none, or any
  std::string task;          // empty: none
};

struct FamilyTable {
  std::vector<EvidenceRow> rows;  // in the file's order, which is the order of precedence among words
  TokenTrie names;                // token sequences in names, to numbers of rows
  TokenTrie organisations;        // whole names of organisations, to numbers of rows
};

// Throws an Error that has a diagnostic, with its line, for every bad row.
FamilyTable parse_family_table(std::string_view text, const std::string& path);

// The table compiled into the program.
const FamilyTable& family_table();

// What a name says by this table; detect_family(name) is this with family_table().
FamilyGuess detect_family(std::string_view model_name, const FamilyTable& table);

}  // namespace testloom
