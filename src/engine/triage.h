// Proposes expectations rows for the failures of a run: one for all that fail for one cause, where a
// condition names them and no test that came to something else; otherwise one for each case.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/outcome.h"

namespace testloom {

struct ProposedRow {
  // Either a case, or at least one of the others; what is empty holds for any.
  std::string case_name;
  std::string model_name;
  std::string hardware_type;
  std::string template_name;
  std::string outcome;
  std::string error;  // a glob; empty: any
  std::string reason;
  std::vector<std::string> cases;  // that it is for
};

// What an error is without what differs from test to test, as a glob over "type: message": its first line,
// with numbers and the model's name as *. Empty where there is no error.
std::string error_glob(const Outcome& outcome);

// For the failures among a run's outcomes, the largest group first. Tests that were not run speak neither for
// a condition nor against it; failures that are passes against an expectation are left out.
std::vector<ProposedRow> propose_rows(const std::vector<Outcome>& outcomes);

// The columns of the rows as a file begins with them, and the rows below such a line, with what each is for
// as a comment. Throws an Error (spec) where a column is missing that some row needs.
std::vector<std::string> proposed_columns();
std::string csv_of(const std::vector<ProposedRow>& rows, const std::vector<std::string>& columns);

}  // namespace testloom
