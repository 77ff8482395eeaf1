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
// rendering, no loop is written out. With `marked`, the texts that the tree comes from, a mark stands in the
// literals where each line begins: kLineMark, the number of the text, a colon, the line, kLineMark.
inline constexpr char kLineMark = '\x1f';
Program assemble(const Tree& tree, const Resolution& resolution, const Placements& placements,
                 const Expressions& expressions, bool keeps_places, const Sources* marked = nullptr);

}  // namespace testloom::templating
