// A word about outcomes that are not in the store yet, for verbs that only look.
#pragma once

#include "store/store.h"

namespace testloom::cli {

// Notes how many runs were killed whose outcomes wait for the next verb that writes.
void note_left_journals(const Store& store);

}  // namespace testloom::cli
