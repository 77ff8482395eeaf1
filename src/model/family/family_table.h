// The table of what words in names mean: families.tsv, parsed and checked, and the model types that are known
// beside it. The format is described at the head of that file.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/family/family.h"
#include "model/family/model_types.h"
#include "model/family/token_trie.h"

namespace testloom {

enum class EvidenceKind : uint8_t {
  type,
  part,
  first,
  since,
  word,
  sense,
  task,
  hint,
  ending,
  lead,
  organisation,
  hide
};

// The number of a line's generation: 3.5 of qwen3.5.
struct Generation {
  int major = 0, minor = 0;
  auto operator<=>(const Generation&) const = default;
};

struct EvidenceRow {
  EvidenceKind kind;
  std::string model_family;  // empty: none, or any
  std::string task;          // empty: none
  // Of a line of models: the row that speaks for its generations from `since` on, where there is one.
  std::optional<uint16_t> later = {};
  Generation since = {};
};

struct FamilyTable {
  std::vector<EvidenceRow> rows;  // in the file's order, which is the order of precedence among words
  TokenTrie names;                // token sequences in names, to numbers of rows
  TokenTrie endings;              // what single tokens end in, to numbers of rows
  TokenTrie organisations;        // whole names of organisations, to numbers of rows
};

// Throws an Error that has a diagnostic, with its line, for every bad row.
FamilyTable parse_family_table(std::string_view text, const std::string& path);

// Adds the names of model types; what the table has already stays as it is.
void add_model_types(FamilyTable& table, const ModelTypes& types);

// families.tsv with the model types of model_types.tsv, both compiled into the program.
const FamilyTable& family_table();

// What a name says by this table; detect_family(name) is this with family_table().
FamilyGuess detect_family(std::string_view model_name, const FamilyTable& table);

}  // namespace testloom
