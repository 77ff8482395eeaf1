#include "model/family/name_search.h"

#include <optional>

namespace testloom {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_separator(char c) { return c == '-' || c == '_' || c == '.' || c == ' '; }
char at_or_end(std::string_view text, size_t at) { return at < text.size() ? text[at] : '\0'; }

// One or two digits, and no more, at text[at]; moves `at` past them.
std::optional<int> small_number(std::string_view text, size_t& at) {
  size_t end = at;
  int number = 0;
  while (is_digit(at_or_end(text, end))) number = 10 * (number % 100) + (text[end++] - '0');
  if (end == at || end - at > 2) return std::nullopt;
  at = end;
  return number;
}

// 7b, 350M, 8x7B, 4bit: what stands behind a number and makes it a size.
bool is_size(std::string_view text, size_t at) {
  const char unit = at_or_end(text, at);
  const char next = at_or_end(text, at + 1);
  if (unit == 'x' || unit == 'X') return is_digit(next);
  if (text.substr(at).starts_with("bit")) return true;
  constexpr std::string_view units = "bBmMkKtT";
  return unit != '\0' && units.find(unit) != units.npos && !is_letter(next);
}

struct Numbered {
  Generation generation;
  size_t end;  // one past the number
};

// The generation that stands at name[at]: "3" of gemma-3-4b, "3.5" of qwen3.5, but not the size of gemma-7b.
std::optional<Numbered> generation_at(std::string_view name, size_t at) {
  const bool apart = at < name.size() && is_separator(name[at]);
  if (apart) ++at;
  const std::optional<int> major = small_number(name, at);
  if (!major || is_size(name, at)) return std::nullopt;
  const Numbered whole{{*major, 0}, at};
  const char joint = at_or_end(name, at);
  if (joint != '.' && joint != '_') return whole;
  const std::optional<int> minor = small_number(name, ++at);
  if (!minor) return whole;
  if (!is_size(name, at)) return Numbered{{*major, *minor}, at};
  // qwen3_8b is of generation 3, qwen-1_8b and qwen1.8b are of 1.8 billion parameters.
  return joint == '_' && !apart ? std::optional(whole) : std::nullopt;
}

// A text generator's number with this letter behind it reads images too.
const EvidenceRow with_images{EvidenceKind::type, "multimodal", "image-text-to-text"};

bool is_for_images(std::string_view name, size_t at) {
  const char letter = at_or_end(name, at);
  return (letter == 'v' || letter == 'V') && !is_digit(at_or_end(name, at + 1)) && token_ends(name, at + 1);
}

}  // namespace

SplitName split_name(std::string_view model_name) {
  while (!model_name.empty() && model_name.back() == '/') model_name.remove_suffix(1);
  constexpr std::string_view cache = "models--";
  if (const size_t folder = model_name.rfind("/models--"); folder != std::string_view::npos) {
    model_name.remove_prefix(folder + 1);
    model_name = model_name.substr(0, model_name.find('/'));
  } else if (model_name.starts_with(cache)) {
    model_name = model_name.substr(0, model_name.find('/'));
  }
  SplitName split;
  const size_t slash = model_name.rfind('/');
  split.name = slash == std::string_view::npos ? model_name : model_name.substr(slash + 1);
  if (split.name.starts_with(cache)) {
    split.name.remove_prefix(cache.size());
    const size_t dashes = split.name.find("--");
    if (dashes == std::string_view::npos) return split;
    split.organisation = split.name.substr(0, dashes);
    split.name.remove_prefix(dashes + 2);
  } else if (slash != std::string_view::npos) {
    const std::string_view before = model_name.substr(0, slash);
    split.organisation = before.substr(before.rfind('/') + 1);
  }
  return split;
}

Found with_generation(const FamilyTable& table, std::string_view name, const Found& found) {
  const EvidenceRow& row = *found.row;
  if (!row.later && row.model_family != "text_generation") return found;
  const size_t begin = static_cast<size_t>(found.text.data() - name.data());
  const size_t at = begin + found.text.size();
  const std::optional<Numbered> numbered = generation_at(name, at);
  if (numbered && row.later && numbered->generation >= row.since) {
    return {&table.rows[*row.later], name.substr(begin, numbered->end - begin)};
  }
  const size_t end = numbered ? numbered->end : at;
  const bool after_digit = is_digit(at_or_end(name, end - 1));
  const bool is_type = row.kind == EvidenceKind::type || row.kind == EvidenceKind::part;
  if (is_type && row.model_family == "text_generation" && after_digit && is_for_images(name, end)) {
    return {&with_images, name.substr(begin, end + 1 - begin)};
  }
  return found;
}

// One letter before an ending makes a word of its own as often.
constexpr size_t shortest_stem = 2;

// VisualBERT and ImageGPT are no models of text either.
bool stands_for_sense(const FamilyTable& table, std::string_view stem) {
  const auto match = table.names.longest(stem, 0);
  if (!match || match->end != stem.size()) return false;
  const EvidenceKind kind = table.rows[match->value].kind;
  return kind == EvidenceKind::sense || kind == EvidenceKind::word;
}

// Whether name[at] to name[end] is of one token: AuraSR ends in no asr.
bool is_one_token(std::string_view name, size_t at, size_t end) {
  while (++at < end) {
    if (is_separator(name[at]) || token_starts(name, at)) return false;
  }
  return true;
}

Found ending_in(const FamilyTable& table, std::string_view name) {
  Found first;
  size_t token = 0;
  for (size_t at = 0; at < name.size(); ++at) {
    if (at == 0 || !is_letter(name[at - 1]) || token_starts(name, at)) {
      token = at;
      const auto known = token_starts(name, at) ? table.names.longest(name, at) : std::nullopt;
      if (known) at = known->end - 1;
      continue;
    }
    if (!is_letter(name[at]) || at - token < shortest_stem) continue;
    const auto match = table.endings.longest(name, at);
    if (!match || !is_one_token(name, at, match->end)) continue;
    if (stands_for_sense(table, name.substr(token, at - token))) return {};
    const Found found = {&table.rows[match->value], name.substr(at, match->end - at)};
    if (first && first.family() != found.family()) return {};
    if (!first) first = found;
    at = match->end - 1;
  }
  return first;
}

size_t next_token(std::string_view name, size_t at) {
  while (at < name.size() && is_separator(name[at])) ++at;
  return at;
}

bool stands_alone(std::string_view name, size_t at) {
  return name[at] >= 'A' && name[at] <= 'Z' && !is_digit(at_or_end(name, at + 1));
}

}  // namespace testloom
