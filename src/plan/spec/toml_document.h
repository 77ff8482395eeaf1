// A TOML text as a tree with places, its tables in the text's own order: what toml++ reads, without toml++'s
// types and limits showing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "plan/spec/spec.h"

namespace testloom {

enum class TomlKind : uint8_t { text, integer, number, boolean, date, list, table };

// "a text", "an integer", ... for people; a date is any of TOML's dates and times.
std::string_view kind_words(TomlKind kind);

struct TomlEntry;

struct TomlNode {
  TomlKind kind = TomlKind::table;
  Value scalar;                    // of a text, an integer, a number or a boolean
  std::vector<TomlNode> items;     // of a list
  std::vector<TomlEntry> entries;  // of a table
  SpecPlace place;                 // of a table with a header: the header
  SpecPlace inner_place;           // of a text: what is between its quotes

  bool is(TomlKind wanted) const { return kind == wanted; }
  const std::string& text() const { return std::get<std::string>(scalar.data); }
  int64_t integer() const { return std::get<int64_t>(scalar.data); }
  double number() const { return std::get<double>(scalar.data); }
  bool truth() const { return std::get<bool>(scalar.data); }
  // The value for a key of a table, or nullptr.
  const TomlEntry* find(std::string_view key) const;
};

struct TomlEntry {
  std::string key;
  SpecPlace place;  // of the key
  TomlNode value;
};

// What is wrong somewhere in a spec.
struct SpecMistake {
  SpecPlace place;
  std::string message;
  std::string hint;
};

// The table that the text is, or where it stops being TOML 1.0. REQUIRES: UTF-8 without U+0000 and without a
// byte order mark.
std::variant<TomlNode, SpecMistake> parse_toml(std::string_view text);

// The place of the byte text[at], or of the text's end.
SpecPlace place_of(std::string_view text, size_t at);

}  // namespace testloom
