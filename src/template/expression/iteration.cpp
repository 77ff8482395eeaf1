#include <fmt/core.h>

#include "template/expression/characters.h"
#include "template/expression/operations.h"
#include "template/expression/ranges.h"
#include "template/expression/room.h"
#include "template/expression/work.h"

namespace testloom::templating {

Iteration::Iteration(const Datum& iterable, Arena& arena) : iterable_(iterable), arena_(&arena) {
  switch (iterable.kind) {
    case DatumKind::list:
    case DatumKind::tuple:
    case DatumKind::dict:
    case DatumKind::iterator:
      length_ = iterable.size;
      break;
    case DatumKind::text:
      spend(iterable.size);
      length_ = count_characters(iterable.text());
      break;
    case DatumKind::range:
      length_ = static_cast<size_t>(iterable.range->length);
      if (length_ > kMostItems) fail_for_many_items();
      break;
    default:
      throw EvaluationError{fmt::format("'{}' cannot be gone through", type_name(iterable))};
  }
}

Datum Iteration::at(size_t index) {
  switch (iterable_.kind) {
    case DatumKind::text: {
      const std::string_view text = iterable_.text();
      while (next_ < index) {
        byte_ = next_character(text, byte_);
        ++next_;
      }
      return text_datum(text.substr(byte_, next_character(text, byte_) - byte_));
    }
    case DatumKind::range:
      return range_item(*iterable_.range, static_cast<int64_t>(index));
    case DatumKind::dict:
      return iterable_.entries[index].key;
    default:
      return iterable_.items[index];
  }
}

}  // namespace testloom::templating
