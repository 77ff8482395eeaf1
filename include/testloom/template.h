// The template language's outside interface: a text becomes a checked Template once, which then renders
// for any number of values. Rendering needs no store; a value can never become code.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "testloom/error.h"

namespace testloom {

// What a placeholder can hold.
using Value = std::variant<std::string, int64_t>;

// One name a template may use, with the type of its value.
enum class ValueType { text, integer };
struct NameInfo {
  std::string_view name;
  ValueType type;
  std::string_view meaning;  // one line for `template vars` and the docs
};

// Every name that is always there, in the order of their slots.
const std::vector<NameInfo>& template_names();

// The values of one render, by slot. set() throws an Error (usage) on a name that is not there, a value of
// the wrong type, or text that is not UTF-8.
class Values {
 public:
  Values();
  Values& set(std::string_view name, Value value);
  const Value* find(size_t slot) const;  // null when not set

 private:
  std::vector<Value> slots_;
  std::vector<bool> present_;
};

class Template {
 public:
  // Checks `text` and makes it ready to render. `path` stands in front of every error's line and column.
  // Throws an Error (template_text) with every mistake found, ordered by place.
  // The output kind is Python; the text must hold exactly one top-level test function.
  static Template compile(std::string_view path, std::string_view text);

  // Largest accepted template, in bytes.
  static constexpr size_t kMaxBytes = 1 << 20;

  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  // The text for these values. Throws an Error (template_text) that names the placeholder when a value is
  // missing or cannot stand where it is put.
  std::string render(const Values& values) const;
  // The same, appended to `out`; no allocation beyond out's growth once warm.
  void render_to(std::string& out, const Values& values) const;

  // The slots of the names that the text uses, ascending.
  const std::vector<size_t>& used_slots() const;
  // The stages' dump for golden tests: one line an operation.
  std::string dump() const;

 private:
  struct Program;
  explicit Template(std::unique_ptr<Program> program);
  std::unique_ptr<Program> program_;
};

}  // namespace testloom
