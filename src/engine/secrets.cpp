#include "engine/secrets.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/files.h"
#include "base/text.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kHidden = "***";
constexpr size_t kLeastPart = 4;            // of a secret that was cut, to be told as one
constexpr size_t kMaxFileBytes = 64 << 20;  // more than is kept of a test's output
constexpr std::string_view kNameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
constexpr std::string_view kGapBegin = "\n... ", kGapEnd = " left out ...\n";

bool holds(std::string_view text, std::string_view needle) {
  return ::memmem(text.data(), text.size(), needle.data(), needle.size()) != nullptr;
}

// How many bytes at a place of a JSON text belong together: an escape, or one byte.
size_t unit_at(std::string_view json, size_t at) {
  if (json[at] != '\\' || at + 1 >= json.size()) return 1;
  return std::min<size_t>(json[at + 1] == 'u' ? 6 : 2, json.size() - at);
}

// Copies the text, *** in place of each stretch that needles cover. In JSON they are looked for in strings
// alone, and never from the middle of an escape.
std::string replaced(std::string_view text, const std::vector<std::string>& needles, bool is_json) {
  std::array<bool, 256> begins{};
  for (const std::string& needle : needles) begins[static_cast<uint8_t>(needle.front())] = true;
  std::string out;
  out.reserve(text.size());
  bool in_string = !is_json;
  size_t covered = 0;  // up to here
  for (size_t at = 0; at < text.size();) {
    const size_t unit = is_json && in_string ? unit_at(text, at) : 1;
    const bool was_covered = at < covered;
    if (in_string && begins[static_cast<uint8_t>(text[at])]) {
      for (const std::string& needle : needles) {
        if (text.substr(at).starts_with(needle)) covered = std::max(covered, at + needle.size());
      }
    }
    if (at >= covered) {
      out.append(text, at, unit);
    } else if (!was_covered) {
      out += kHidden;
    }
    if (is_json && text[at] == '"') in_string = !in_string;
    at += unit;
  }
  return out;
}

// The longest end of a needle, but not all of it, that the text begins with.
size_t cut_at_front(std::string_view text, const std::vector<std::string>& needles) {
  size_t longest = 0;
  for (const std::string_view needle : needles) {
    for (size_t size = needle.size() - 1; size >= kLeastPart && size > longest; --size) {
      if (text.starts_with(needle.substr(needle.size() - size))) longest = size;
    }
  }
  return longest;
}

size_t cut_at_end(std::string_view text, const std::vector<std::string>& needles) {
  size_t longest = 0;
  for (const std::string_view needle : needles) {
    for (size_t size = needle.size() - 1; size >= kLeastPart && size > longest; --size) {
      if (text.ends_with(needle.substr(0, size))) longest = size;
    }
  }
  return longest;
}

std::string json_form(std::string_view text) {
  std::string literal;
  append_json_string(literal, text);
  return literal.substr(1, literal.size() - 2);
}

// As Python's repr() writes a text between its quotes, but for characters that cannot be shown.
std::string repr_form(std::string_view text) {
  const bool escapes_quote = text.find('\'') != text.npos && text.find('"') != text.npos;
  std::string out;
  for (const char c : text) {
    if (c == '\\' || (c == '\'' && escapes_quote)) out += '\\';
    if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else {
      out += c;
    }
  }
  return out;
}

// Of an address with one, as in http://name:password@host; else empty.
std::string_view password_in(std::string_view value) {
  const size_t begin = value.find("://");
  if (begin == value.npos) return {};
  const std::string_view rest = value.substr(begin + 3);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const size_t at = authority.rfind('@'), colon = authority.find(':');
  return at == authority.npos || colon > at ? std::string_view()
                                            : authority.substr(colon + 1, at - colon - 1);
}

void insert(std::vector<std::string>& needles, std::string needle) {
  if (std::find(needles.begin(), needles.end(), needle) == needles.end())
    needles.push_back(std::move(needle));
}

}  // namespace

bool is_secret_name(std::string_view name) {
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  constexpr std::array<std::string_view, 10> parts = {"TOKEN",      "SECRET",     "PASSWORD", "PASSWD",
                                                      "PASSPHRASE", "CREDENTIAL", "API_KEY",  "APIKEY",
                                                      "ACCESS_KEY", "PRIVATE_KEY"};
  constexpr std::array<std::string_view, 3> ends = {"KEY", "PASS", "AUTH"};
  if (upper.starts_with("TOKENIZER")) return false;  // TOKENIZERS_PARALLELISM
  return std::ranges::any_of(parts, [&](std::string_view part) { return upper.find(part) != upper.npos; }) ||
         std::ranges::any_of(ends, [&](std::string_view end) {
           return upper == end || upper.ends_with("_" + std::string(end));
         });
}

Secrets Secrets::of_environment() {
  Secrets secrets;
  for (char** each = environ; *each; ++each) {
    const std::string_view entry = *each;
    const size_t equals = entry.find('=');
    if (equals != entry.npos) secrets.add(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return secrets;
}

// Of several lines, each counts for itself too: they are seldom printed without something before them.
void Secrets::add(std::string_view name, std::string_view value) {
  add_needle(password_in(value));
  if (!is_secret_name(name)) return;
  add_needle(value);
  if (value.find('\n') == value.npos) return;
  for (const std::string& line : split(value, '\n')) add_needle(line);
}

void Secrets::add_assigned(std::string_view line) {
  for (size_t equals = 0; (equals = line.find('=', equals)) != line.npos; ++equals) {
    const size_t before = line.substr(0, equals).find_last_not_of(kNameLetters);
    const size_t name = before == line.npos ? 0 : before + 1;
    const std::string_view value = line.substr(equals + 1);
    const bool is_quoted = value.starts_with('"') || value.starts_with('\'');
    const size_t end = is_quoted ? value.find(value.front(), 1) : value.find_first_of(" \t\n\"'");
    const size_t begin = is_quoted ? 1 : 0;
    add(line.substr(name, equals - name), value.substr(begin, end == value.npos ? end : end - begin));
  }
}

void Secrets::add_needle(std::string_view value) {
  value = trimmed(value);
  if (value.size() < least_bytes) return;
  for (const std::string& form : {std::string(value), json_form(value), repr_form(value)}) {
    insert(text_needles_, form);
    insert(json_needles_, json_form(form));
  }
}

void Secrets::hide(std::string& text) const {
  const bool any =
      std::ranges::any_of(text_needles_, [&](const std::string& each) { return holds(text, each); });
  if (any) text = replaced(text, text_needles_, false);
  hide_around_gaps(text);
}

void Secrets::hide_tail(std::string& text) const {
  if (const size_t part = cut_at_front(text, text_needles_); part > 0) text.replace(0, part, kHidden);
  hide(text);
}

// What was too long has lost its middle, maybe with half of a secret.
void Secrets::hide_around_gaps(std::string& text) const {
  if (empty()) return;
  for (size_t end = 0; (end = text.find(kGapEnd, end)) != text.npos;) {
    size_t begin = text.rfind(kGapBegin, end);
    end += kGapEnd.size();
    if (begin == text.npos) continue;
    const std::string_view whole = text;
    const size_t after = cut_at_front(whole.substr(end), text_needles_);
    const size_t before = cut_at_end(whole.substr(0, begin), text_needles_);
    if (after > 0) text.replace(end, after, kHidden);
    if (before == 0) continue;
    text.replace(begin - before, before, kHidden);
    end = end - before + kHidden.size();
  }
}

void Secrets::hide_json(std::string& json) const {
  const bool any =
      std::ranges::any_of(json_needles_, [&](const std::string& each) { return holds(json, each); });
  if (any) json = replaced(json, json_needles_, true);
}

bool Secrets::hide_file(const fs::path& file) const {
  try {
    const std::string before = read_file(file, kMaxFileBytes, ErrorKind::engine);
    std::string after = before;
    hide(after);
    if (after != before) write_file(file, after, ErrorKind::engine);
    return true;
  } catch (const Error&) {
    std::error_code error;
    fs::remove(file, error);
    return false;
  }
}

void Secrets::hide(Outcome& outcome, const fs::path& journals) const {
  if (empty()) return;
  for (std::string* text : {&outcome.reason, &outcome.error_type, &outcome.error_message, &outcome.traceback})
    hide(*text);
  hide_tail(outcome.output_tail);
  hide_json(outcome.result_json);
  hide_json(outcome.environment_json);
  if (!outcome.output_file.empty() && !hide_file(journals / outcome.output_file)) outcome.output_file.clear();
}

}  // namespace testloom
