#include "template/output/datum_text.h"

#include "template/expression/written.h"

namespace testloom::templating {

DatumText::DatumText(const Datum& datum) {
  if (datum.is(DatumKind::text)) {
    text_ = datum.text();
  } else if (datum.is(DatumKind::absent)) {
    reason_ = "it has no value";
  } else {
    try {
      append_str(written_, datum);
      text_ = written_;
    } catch (const EvaluationError&) {
      reason_ = "it cannot be written as text: go through it in a loop, or in a list comprehension";
    }
  }
}

}  // namespace testloom::templating
