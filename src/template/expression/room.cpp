#include "template/expression/room.h"

#include "template/expression/work.h"

namespace testloom::templating {

void fail_for_long_text() { throw EvaluationError{"the text is too long: 16 MiB is the limit"}; }

void fail_for_many_items() { throw EvaluationError{"there are too many items: 1000000 is the limit"}; }

void fail_for_full_arena() {
  throw EvaluationError{"the values of this template are too large: together they may take 256 MiB"};
}

void fail_for_much_work() {
  throw EvaluationError{"this takes too long", "work on less, or in fewer passes"};
}

void fail_for_large_integer() {
  throw EvaluationError{"the integer is too large: expressions count in 64 bits"};
}

}  // namespace testloom::templating
