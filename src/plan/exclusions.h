// The conditions that take cells out of a plan, ready to be asked in its statements.
#pragma once

#include <string>
#include <vector>

#include "plan/condition/condition.h"
#include "plan/matrix.h"
#include "plan/plan_models.h"
#include "store/database.h"

namespace testloom {

struct PlanCondition {
  std::string
      sql;  // over `s` (candidates or chosen), `c` (cells) and, when it is about models, `m` (plan_models)
  bool about_model = false;
  std::vector<std::string> cell_columns;  // of `c` that it names
  std::string reason;
  std::string where;  // as it was written, and where
  ConditionSource source;
};

// The Error for a statement with these conditions that failed with this one: the one of them that is to blame
// where it is alone, else all that may be; errors that are no row's are passed on.
[[noreturn]] void fail_for_row(const std::vector<PlanCondition>& conditions, bool about_models,
                               const Error& error);

// The Error (spec) for a condition over axes that have more values together than can be asked for.
Error condition_too_wide(const PlanCondition& condition, double most);

// Checks the spec's conditions, on a connection without a transaction. Throws an Error (spec) with every one
// that cannot be used, at its place.
std::vector<PlanCondition> check_exclusions(Connection& checker, const PlanSpec& spec, const Matrix& matrix,
                                            const AttributeTypes& attributes);

// "WHEN CONDITION THEN 'REASON' ...", of those that are about models, or of the others.
std::string exclusion_cases(const std::vector<PlanCondition>& conditions, bool about_models);

}  // namespace testloom
