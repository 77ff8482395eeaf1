// The third stage: puts a template together from the texts that it includes and extends. What comes out is
// one tree without includes, in which the parent's blocks hold what the child says.
#pragma once

#include "template/tree.h"

namespace testloom::templating {

inline constexpr size_t kDeepestInclusion = 16;
inline constexpr size_t kMostInclusions = 200;
inline constexpr size_t kMostParameters = 1000;        // of one text
inline constexpr size_t kMostComposedBytes = 4 << 20;  // of all texts together

struct Composition {
  Tree tree;
  std::vector<UsedTemplate> used;  // each once, in the order they were met
};

// `sources` holds the template's own text as file 0 and gets the others. `output` decides whether lines
// within string literals keep their indentation where a text is included.
Composition compose(Sources& sources, Expressions& expressions, const CompileOptions& options,
                    Mistakes& mistakes);

}  // namespace testloom::templating
