// str(value) for writers that report a reason instead of throwing.
#pragma once

#include <string>
#include <string_view>

#include "template/expression/datum.h"

namespace testloom::templating {

class DatumText {
 public:
  // `datum` must outlive it.
  explicit DatumText(const Datum& datum);
  DatumText(const DatumText&) = delete;

  std::string_view text() const { return text_; }
  // Why there is no text, or nothing.
  std::string_view reason() const { return reason_; }

 private:
  std::string written_;
  std::string_view text_;
  std::string_view reason_;
};

}  // namespace testloom::templating
