// Typed access to what a spec file holds: each function says what must stand at a place, and files a mistake
// where something else does. All mistakes are thrown at once at the end.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plan/spec/spec.h"
#include "plan/spec/toml_document.h"

namespace testloom {

struct PlacedText {
  std::string text;
  SpecPlace place;
};

// A scalar as messages show it: texts in single quotes, the others as a file would write them.
std::string shown_value(const Value& value);

class SpecReader {
 public:
  explicit SpecReader(const PlanSpec& spec) : spec_(spec) {}

  void refuse(const SpecPlace& place, std::string message, std::string hint = {});
  // "'templates' must be a list of texts, not a text", with what to write as the hint.
  void refuse_kind(const TomlNode& node, std::string_view what, std::string_view wanted, std::string hint);
  // Files the message and hint of the Error that `check` throws. Whether it threw none.
  bool passes(const SpecPlace& place, const std::function<void()>& check);
  // Every key of the table is one of these; `where` is its header, as in "[plan.limits]".
  void check_keys(const TomlNode& table, std::string_view where, std::span<const std::string_view> known);
  void refuse_key(const TomlEntry& entry, std::string_view where, std::span<const std::string_view> known);

  // The table that the entry is, or nullptr; `form` shows one.
  const TomlNode* table(const TomlEntry& entry, std::string_view form);
  // The tables that the entry lists; `form` shows one.
  std::vector<const TomlNode*> tables(const TomlEntry& entry, std::string_view form);
  // The values of a list that is not empty; `example` is one such list. `kinds` are those of values that are
  // likely meant as a list of one.
  std::span<const TomlNode> list(const TomlEntry& entry, std::string_view wanted, std::string_view example,
                                 std::initializer_list<TomlKind> kinds);
  // The texts of a list, none empty and none twice.
  std::vector<PlacedText> texts(const TomlEntry& entry, std::string_view example);

  // A text that is not empty, at most 64 KB and without U+0000.
  std::optional<std::string> text(const TomlNode& node, std::string_view what, std::string_view example);
  std::optional<std::string> text(const TomlEntry& entry, std::string_view example);
  std::optional<int64_t> integer(const TomlEntry& entry, std::optional<int64_t> least,
                                 std::string_view example);
  // An integer or a float above 0.
  std::optional<double> positive(const TomlEntry& entry, std::string_view example);
  std::optional<bool> truth(const TomlEntry& entry);

  // Throws the mistakes, ordered by place, if there are any.
  void finish();

 private:
  const PlanSpec& spec_;
  std::vector<SpecMistake> mistakes_;
};

}  // namespace testloom
