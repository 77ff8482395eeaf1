// What may stand where: decides for every placeholder of a Python template by which rule its value is
// written, from Python's own lexical structure around it. A value can then never become code.
#pragma once

#include "template/placement/python_token.h"
#include "template/placement/verdicts.h"

namespace testloom::templating {

struct Placements {
  // One for each placeholder of the tree; none where a mistake was found.
  std::vector<std::optional<Placement>> of;
};

// `sites` says what each placeholder of the code is, in order. `is_test`: also checks that the text is one
// test.
Placements place_in_python(const CodeText& code, std::vector<Site> sites, bool is_test, Mistakes& mistakes);

// The same for any kind of output; only Python can be a test.
Placements place(OutputKind output, const CodeText& code, std::vector<Site> sites, bool is_test,
                 Mistakes& mistakes);

// One line a placeholder.
std::string dump(const Sources& sources, const std::vector<Site>& sites, const Placements& placements);

}  // namespace testloom::templating
