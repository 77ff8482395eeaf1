#include "model/family/candidates.h"

#include <algorithm>

#include "base/text.h"
#include "model/family/model_types.h"
#include "model/family/name_search.h"

namespace testloom {

namespace {

constexpr size_t kShortestWord = 4;      // shorter ones are near too many types
constexpr size_t kLongestName = 512;     // of a name, what is looked at
constexpr size_t kLengthDifference = 1;  // of words that may be slips of each other

// Types of one word, of letters alone, by their first letter: what words are compared with.
const std::vector<std::vector<std::string_view>>& type_words() {
  static const std::vector<std::vector<std::string_view>> words = [] {
    std::vector<std::vector<std::string_view>> by_letter(26);
    for (const ModelType& type : model_types().rows()) {
      const bool letters = std::ranges::all_of(type.name, [](char c) { return c >= 'a' && c <= 'z'; });
      if (letters && type.name.size() >= kShortestWord && !type.family.empty()) {
        by_letter[static_cast<size_t>(type.name.front() - 'a')].push_back(type.name);
      }
    }
    return by_letter;
  }();
  return words;
}

void add(std::vector<std::string>& candidates, std::string_view one) {
  if (candidates.size() < max_candidates && std::ranges::find(candidates, one) == candidates.end()) {
    candidates.emplace_back(one);
  }
}

void add_near_types(std::vector<std::string>& candidates, const std::string& word) {
  if (word.size() < kShortestWord) return;
  for (const std::string_view type : type_words()[static_cast<size_t>(word.front() - 'a')]) {
    const size_t longer = std::max(type.size(), word.size());
    const size_t shorter = std::min(type.size(), word.size());
    if (longer - shorter <= kLengthDifference && edit_distance(word, type) == 1) add(candidates, type);
  }
}

}  // namespace

std::vector<std::string> family_candidates(std::string_view model_name) {
  std::vector<std::string> candidates;
  const std::string_view name = split_name(model_name).name.substr(0, kLongestName);
  each_evidence(family_table(), name, [&](const Found& found, bool) {
    if (!found.family().empty()) add(candidates, found.family());
  });
  std::string word;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower >= 'a' && lower <= 'z') {
      word += lower;
      continue;
    }
    add_near_types(candidates, word);
    word.clear();
  }
  add_near_types(candidates, word);
  return candidates;
}

}  // namespace testloom
