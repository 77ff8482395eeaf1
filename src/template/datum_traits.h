// Working out a text's traits, and asking them where it is to be put.
#pragma once

#include "template/expression/text_traits.h"
#include "template/identifier.h"
#include "template/program.h"

namespace testloom::templating {

// The text with its traits. `for_names`: also whether it is a name as it stands, which takes a longer look.
inline Datum with_traits(Datum text, bool for_names) {
  text.traits = byte_traits(text.text());
  text.traits_known = true;
  const bool may_be_name = for_names && (text.traits & traits::not_word) == 0;
  if (may_be_name && is_name_of_word_bytes(text.text()))
    text.traits &= static_cast<Traits>(~traits::not_name);
  return text;
}

// Whether the operation puts the text byte for byte, or the integer as its digits, whatever stands around it.
inline bool puts_plain_text(const Operation& put, const Datum& value) {
  return value.is(DatumKind::text) && value.traits_known && (value.traits & put.breaks) == 0;
}
inline bool puts_plain_integer(const Operation& put, const Datum& value) {
  return value.is(DatumKind::integer) && put.plain_integer && value.integer >= 0;
}

}  // namespace testloom::templating
