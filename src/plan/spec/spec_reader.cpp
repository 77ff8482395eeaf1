#include "plan/spec/spec_reader.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/names.h"

namespace testloom {

namespace {

constexpr size_t kMostMistakes = 100;

// A scalar as a file would write it; empty for a text that is long or needs escapes.
std::string as_written(const TomlNode& node) {
  if (!node.is(TomlKind::text)) return node.is(TomlKind::date) ? "" : shown_value(node.scalar);
  const std::string& text = node.text();
  const bool is_plain = !text.empty() && text.size() <= 60 &&
                        text.find_first_of("\"\\") == std::string::npos && one_line(text) == text;
  return is_plain ? fmt::format("\"{}\"", text) : "";
}

}  // namespace

std::string shown_value(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.data)) return quote(*text, 60);
  if (const auto* truth = std::get_if<bool>(&value.data)) return *truth ? "true" : "false";
  if (const auto* integer = std::get_if<int64_t>(&value.data)) return fmt::format("{}", *integer);
  std::string number = fmt::format("{}", std::get<double>(value.data));
  return number.find_first_not_of("-0123456789") == std::string::npos ? number + ".0" : number;
}

void SpecReader::refuse(const SpecPlace& place, std::string message, std::string hint) {
  mistakes_.push_back({place, std::move(message), std::move(hint)});
}

void SpecReader::refuse_kind(const TomlNode& node, std::string_view what, std::string_view wanted,
                             std::string hint) {
  refuse(node.place, fmt::format("{} must be {}, not {}", what, wanted, kind_words(node.kind)),
         std::move(hint));
}

bool SpecReader::passes(const SpecPlace& place, const std::function<void()>& check) {
  try {
    check();
    return true;
  } catch (const Error& error) {
    refuse(place, error.message(), error.diagnostics().front().hint);
    return false;
  }
}

void SpecReader::refuse_key(const TomlEntry& entry, std::string_view where,
                            std::span<const std::string_view> known) {
  const std::string guess = nearest(entry.key, known);
  refuse(entry.place, fmt::format("unknown key {} in {}", quote(entry.key, 60), where),
         guess.empty() ? "known keys: " + join(known, ", ") : fmt::format("did you mean '{}'?", guess));
}

void SpecReader::check_keys(const TomlNode& table, std::string_view where,
                            std::span<const std::string_view> known) {
  for (const TomlEntry& entry : table.entries) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) refuse_key(entry, where, known);
  }
}

const TomlNode* SpecReader::table(const TomlEntry& entry, std::string_view form) {
  if (entry.value.is(TomlKind::table)) return &entry.value;
  refuse_kind(entry.value, quote(entry.key, 60), "a table", fmt::format("write {}", form));
  return nullptr;
}

std::vector<const TomlNode*> SpecReader::tables(const TomlEntry& entry, std::string_view form) {
  std::vector<const TomlNode*> found;
  const std::string hint = fmt::format("write {}", form);
  if (!entry.value.is(TomlKind::list)) {
    refuse_kind(entry.value, quote(entry.key, 60), "a list of tables", hint);
  } else if (entry.value.items.empty()) {
    refuse(entry.value.place, fmt::format("'{}' is empty", entry.key), hint + ", or leave the key out");
  }
  for (const TomlNode& item : entry.value.items) {
    if (item.is(TomlKind::table)) {
      found.push_back(&item);
    } else {
      refuse_kind(item, fmt::format("a value of '{}'", entry.key), "a table", hint);
    }
  }
  return found;
}

std::span<const TomlNode> SpecReader::list(const TomlEntry& entry, std::string_view wanted,
                                           std::string_view example, std::initializer_list<TomlKind> kinds) {
  const TomlNode& node = entry.value;
  std::string hint = fmt::format("write {} = {}", one_line(entry.key, 60), example);
  if (!node.is(TomlKind::list)) {
    const bool is_item = std::find(kinds.begin(), kinds.end(), node.kind) != kinds.end();
    const std::string written = is_item ? as_written(node) : "";
    if (!written.empty()) hint = fmt::format("write {} = [{}]", one_line(entry.key, 60), written);
    refuse_kind(node, quote(entry.key, 60), wanted, std::move(hint));
  } else if (node.items.empty()) {
    refuse(node.place, fmt::format("{} is empty", quote(entry.key, 60)), std::move(hint));
  }
  return node.items;
}

std::vector<PlacedText> SpecReader::texts(const TomlEntry& entry, std::string_view example) {
  std::vector<PlacedText> found;
  std::set<std::string_view> seen;
  for (const TomlNode& item : list(entry, "a list of texts", example, {TomlKind::text})) {
    std::optional<std::string> read = text(item, fmt::format("a value of '{}'", entry.key), {});
    if (!read) continue;
    if (!seen.insert(item.text()).second) {
      refuse(item.place, fmt::format("{} stands twice in '{}'", quote(item.text(), 60), entry.key),
             "name each once");
    } else {
      found.push_back({std::move(*read), item.place});
    }
  }
  return found;
}

std::optional<std::string> SpecReader::text(const TomlNode& node, std::string_view what,
                                            std::string_view example) {
  if (!node.is(TomlKind::text)) {
    const bool is_scalar = !node.is(TomlKind::list) && !node.is(TomlKind::table);
    refuse_kind(node, what, "a text",
                !example.empty() ? fmt::format("write {}", example)
                : is_scalar      ? "put it in quotes"
                                 : "");
    return std::nullopt;
  }
  if (trimmed(node.text()).empty()) {
    refuse(node.place, fmt::format("{} is empty", what),
           example.empty() ? "leave it out" : fmt::format("write {}", example));
    return std::nullopt;
  }
  if (!passes(node.place, [&] { check_text(node.text(), what); })) return std::nullopt;
  return node.text();
}

std::optional<std::string> SpecReader::text(const TomlEntry& entry, std::string_view example) {
  return text(entry.value, quote(entry.key, 60), fmt::format("{} = {}", one_line(entry.key, 60), example));
}

std::optional<int64_t> SpecReader::integer(const TomlEntry& entry, std::optional<int64_t> least,
                                           std::string_view example) {
  if (!entry.value.is(TomlKind::integer)) {
    refuse_kind(entry.value, quote(entry.key, 60), "an integer",
                fmt::format("write {} = {}", one_line(entry.key, 60), example));
    return std::nullopt;
  }
  const int64_t value = entry.value.integer();
  if (least && value < *least) {
    refuse(entry.value.place, fmt::format("'{}' is {}, less than {}", entry.key, value, *least),
           fmt::format("write {} = {}", one_line(entry.key, 60), example));
    return std::nullopt;
  }
  return value;
}

std::optional<double> SpecReader::positive(const TomlEntry& entry, std::string_view example) {
  const TomlNode& node = entry.value;
  const std::string hint = fmt::format("write {} = {}", one_line(entry.key, 60), example);
  if (!node.is(TomlKind::integer) && !node.is(TomlKind::number)) {
    refuse_kind(node, quote(entry.key, 60), "a number", hint);
    return std::nullopt;
  }
  const double number = node.is(TomlKind::number) ? node.number() : static_cast<double>(node.integer());
  if (std::isfinite(number) && number > 0) return number;
  refuse(node.place, fmt::format("'{}' is {}, not a number above 0", entry.key, number), hint);
  return std::nullopt;
}

std::optional<bool> SpecReader::truth(const TomlEntry& entry) {
  if (entry.value.is(TomlKind::boolean)) return entry.value.truth();
  refuse_kind(entry.value, quote(entry.key, 60), "a boolean", fmt::format("write {} = true", entry.key));
  return std::nullopt;
}

void SpecReader::finish() {
  if (mistakes_.empty()) return;
  std::stable_sort(mistakes_.begin(), mistakes_.end(),
                   [](const SpecMistake& a, const SpecMistake& b) { return a.place < b.place; });
  const size_t left_out = mistakes_.size() - std::min(mistakes_.size(), kMostMistakes);
  mistakes_.resize(mistakes_.size() - left_out);
  std::vector<Diagnostic> diagnostics;
  for (SpecMistake& mistake : mistakes_) {
    diagnostics.push_back(
        diagnose(spec_, mistake.place, std::move(mistake.message), std::move(mistake.hint)));
  }
  if (left_out > 0) {
    diagnostics.push_back(
        {fmt::format("{} more not shown", counted(left_out, "mistake")), {spec_.path, 0, 0, 0}, {}, {}, {}});
  }
  throw Error(ErrorKind::spec, std::move(diagnostics));
}

}  // namespace testloom
