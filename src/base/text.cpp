#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/core.h>

namespace testloom {

CodePoint decode_utf8(std::string_view text, size_t at) {
  const auto byte = [&](size_t offset) -> uint8_t {
    return at + offset < text.size() ? static_cast<uint8_t>(text[at + offset]) : 0;
  };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const int length = lead >= 0xF0 && lead <= 0xF4  ? 4
                     : lead >= 0xE0 && lead < 0xF0 ? 3
                     : lead >= 0xC2 && lead < 0xE0 ? 2
                                                   : 0;
  if (length == 0) return {lead, 1, false};
  char32_t value = lead & (0x7F >> length);
  for (int i = 1; i < length; ++i) {
    const uint8_t next = byte(static_cast<size_t>(i));
    if ((next & 0xC0) != 0x80) return {lead, 1, false};
    value = (value << 6) | (next & 0x3F);
  }
  constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < smallest[static_cast<size_t>(length)] || value > 0x10FFFF || surrogate) return {lead, 1, false};
  return {value, static_cast<uint8_t>(length), true};
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

size_t find_invalid_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    if (!point.valid) return at;
    at += point.length;
  }
  return std::string_view::npos;
}

size_t count_code_points(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); at += decode_utf8(text, at).length) ++count;
  return count;
}

bool is_unprintable(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return true;
  if (c < 0x500) return c == 0xAD;
  return c == 0x61C || c == 0x115F || c == 0x1160 || c == 0x17B4 || c == 0x17B5 || c == 0x180E ||
         (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
         c == 0x3164 || c == 0xFEFF || c == 0xFFA0 || (c >= 0xFFF0 && c <= 0xFFFB) ||
         (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE || (c >= 0xE0000 && c <= 0xE0FFF);
}

namespace {

void append_escape(std::string& out, const CodePoint& point, uint8_t raw) {
  if (!point.valid) {
    out += fmt::format("\\x{:02x}", raw);
  } else if (point.value == '\n') {
    out += "\\n";
  } else if (point.value == '\r') {
    out += "\\r";
  } else if (point.value == '\t') {
    out += "\\t";
  } else if (point.value < 0x100) {
    out += fmt::format("\\x{:02x}", static_cast<uint32_t>(point.value));
  } else if (point.value < 0x10000) {
    out += fmt::format("\\u{:04x}", static_cast<uint32_t>(point.value));
  } else {
    out += fmt::format("\\U{:08x}", static_cast<uint32_t>(point.value));
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    const bool plain =
        point.valid && (point.value == '\n' || point.value == '\t' || !is_unprintable(point.value));
    if (plain) {
      out += text.substr(at, point.length);
    } else {
      append_escape(out, point, static_cast<uint8_t>(text[at]));
    }
    at += point.length;
  }
  return out;
}

std::string one_line(std::string_view text, size_t limit) {
  std::string out;
  size_t shown = 0;
  for (size_t at = 0; at < text.size(); ++shown) {
    if (shown == limit) {
      out += "…";
      break;
    }
    const CodePoint point = decode_utf8(text, at);
    if (point.valid && !is_unprintable(point.value)) {
      out += text.substr(at, point.length);
    } else {
      append_escape(out, point, static_cast<uint8_t>(text[at]));
    }
    at += point.length;
  }
  return out;
}

std::string quote(std::string_view text, size_t limit) { return fmt::format("'{}'", one_line(text, limit)); }

namespace {

bool is_plain_in_json(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

// The same for eight bytes at once; may be false for plain ones.
bool are_plain_in_json(const char* bytes) {
  constexpr uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const auto has = [&](uint64_t byte) {
    const uint64_t other = word ^ (ones * byte);
    return (other - ones) & ~other;
  };
  const uint64_t below_blank = word - ones * 0x20;
  return ((word | below_blank | has('"') | has('\\') | has(0x7F)) & tops) == 0;
}

size_t plain_in_json_until(std::string_view text, size_t at) {
  while (at + 8 <= text.size() && are_plain_in_json(text.data() + at)) at += 8;
  while (at < text.size() && is_plain_in_json(text[at])) ++at;
  return at;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (size_t at = 0; at < text.size();) {
    const size_t plain = plain_in_json_until(text, at);
    out.append(text, at, plain - at);
    at = plain;
    if (at == text.size()) break;
    const CodePoint point = decode_utf8(text, at);
    const char32_t c = point.valid ? point.value : 0xFFFD;
    at += point.length;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x10000) {
      out += fmt::format("\\u{:04x}", static_cast<uint32_t>(c));
    } else {
      const uint32_t high = 0xD800 + ((static_cast<uint32_t>(c) - 0x10000) >> 10);
      const uint32_t low = 0xDC00 + ((static_cast<uint32_t>(c) - 0x10000) & 0x3FF);
      out += fmt::format("\\u{:04x}\\u{:04x}", high, low);
    }
  }
  out += '"';
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t start = 0;;) {
    const size_t end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

namespace {

template <typename Part>
std::string join_all(std::span<const Part> parts, std::string_view separator) {
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += separator;
    out += parts[i];
  }
  return out;
}

}  // namespace

std::string join(std::span<const std::string> parts, std::string_view separator) {
  return join_all(parts, separator);
}

std::string join(std::span<const std::string_view> parts, std::string_view separator) {
  return join_all(parts, separator);
}

std::string counted(uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replace, previous[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, previous);
    std::swap(previous, row);
  }
  return previous[b.size()];
}

std::string nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() > 64) return {};
  std::string_view best;
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return std::string(best);
}

bool matches_glob(std::string_view glob, std::string_view text) {
  size_t g = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      resume = t;
    } else if (g < glob.size() && glob[g] == '?') {
      ++g;
      t += decode_utf8(text, t).length;
    } else if (g < glob.size() && glob[g] == text[t]) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

uint64_t stable_hash(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  return hash;
}

std::string short_hash(std::string_view text, size_t digits) {
  return fmt::format("{:016x}", stable_hash(text)).substr(0, digits);
}

}  // namespace testloom
