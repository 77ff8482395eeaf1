// Room in an arena for a result; results past the limits of one evaluation are refused before it is taken.
#pragma once

#include <string_view>

#include "template/expression/arena.h"
#include "template/expression/datum.h"
#include "template/expression/work.h"

namespace testloom::templating {

[[noreturn]] void fail_for_long_text();
[[noreturn]] void fail_for_many_items();
[[noreturn]] void fail_for_full_arena();
// What every integer past 64 bits is.
[[noreturn]] void fail_for_large_integer();

inline void check_arena(const Arena& arena, size_t bytes) {
  if (arena.used() + bytes > kMostArenaBytes) fail_for_full_arena();
}

inline char* room_for_text(Arena& arena, size_t bytes) {
  if (bytes > kMostTextBytes) fail_for_long_text();
  check_arena(arena, bytes);
  spend(bytes);
  return arena.allocate_text(bytes);
}

template <typename Item = Datum>
Item* room_for_items(Arena& arena, size_t count) {
  if (count > kMostItems) fail_for_many_items();
  check_arena(arena, count * sizeof(Item));
  spend_items(count);
  return arena.allocate_array<Item>(count);
}

}  // namespace testloom::templating
