#include "cli/left_journals.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/screen.h"
#include "engine/journal.h"

namespace testloom::cli {

void note_left_journals(const Store& store) {
  const size_t left = store.is_snapshot() ? 0 : count_left_journals(store.path());
  if (left == 0) return;
  print_notes({fmt::format(
      "the outcomes of {} that was killed are not in the store yet; `testloom plan` or `run` takes "
      "them in",
      counted(left, "run"))});
}

}  // namespace testloom::cli
