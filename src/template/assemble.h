// The stage before rendering: makes a program of a checked tree. Loops through constants are written out
// where they get no longer than a limit and everything that depends on their variables can be put right away;
// so they cost nothing when rendering.
#pragma once

#include "template/program.h"

namespace testloom::templating {

// Loops that are written out add so many bytes at most to a program, its operations included; the attempts
// that came to nothing count too, so that assembling ends soon.
inline constexpr size_t kMostWrittenOut = 256 << 10;

// `places` and `placements` come from a tree without mistakes. `keeps_places`: every place is put when
// rendering, no loop is written out.
Program assemble(const Tree& tree, const Resolution& resolution, const Placements& placements,
                 const Expressions& expressions, bool keeps_places);

}  // namespace testloom::templating
