#include "template/output/json_text.h"

#include "template/output/datum_text.h"
#include "template/output/flow_text.h"

namespace testloom::templating {

std::string_view append_json(std::string& out, const Placement& placement, const Datum& value) {
  if (placement.rule == Rule::json_value) return append_flow_value(out, value, FlowDialect::json);
  const bool is_key = placement.rule == Rule::json_key;
  if (is_key && !value.is(DatumKind::text) && !value.is(DatumKind::integer)) {
    return "it must be text or an integer there: it is an object's key";
  }
  const DatumText written(value);
  if (!written.reason().empty()) return written.reason();
  if (is_key) out += '"';
  append_flow_text(out, written.text(), FlowDialect::json);
  if (is_key) out += '"';
  return {};
}

}  // namespace testloom::templating
