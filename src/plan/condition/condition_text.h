// The text of a condition with the place where it stands: turns byte offsets into errors with a caret.
#pragma once

#include <string>
#include <string_view>

#include "plan/condition/condition.h"

namespace testloom {

class ConditionText {
 public:
  static constexpr size_t kWhole = static_cast<size_t>(-1);  // no offset: the text as a whole

  // Both have to outlive it.
  ConditionText(std::string_view text, const ConditionSource& source, ErrorKind kind)
      : text_(text), source_(source), kind_(kind) {}

  std::string_view text() const { return text_; }

  // Ends in an Error whose caret marks the word, literal or operator at the offset.
  [[noreturn]] void fail(size_t at, std::string message, std::string hint = {}) const;
  Error error(size_t at, std::string message, std::string hint = {}) const;

  // The word, literal or operator at the offset.
  std::string_view token(size_t at) const;

 private:
  Error error_in_file(size_t start, size_t length, std::string message, std::string hint) const;

  std::string_view text_;
  const ConditionSource& source_;
  ErrorKind kind_;
};

}  // namespace testloom
