// The models of a plan: names, globs over the known models, and list files, each model once, as the plan
// keeps them. Later mappings and changes of a model do not change a plan.
#pragma once

#include <string>

#include "catalog/calibrations.h"
#include "catalog/model_list.h"
#include "plan/spec/spec.h"
#include "store/database.h"

namespace testloom {

// One attribute of the plan_models row `m`, as DuckDB's type; NULL where the model does not have it.
std::string attribute_sql(const std::string& name, const std::string& type);

// Fills the temporary table `planned_models`, which has the columns of plan_models and more, in the order of
// the sources, and says which attributes the models have.
// `measured` says of which models tests ran. Throws an Error: usage for a glob that matches nothing, spec for
// a list that cannot be read, has no names, or rows that are no models. REQUIRES: register_detect_family()
// and register_profile_functions() were called; no transaction is open, since DuckDB reads rows of an open
// one on one thread at a time, several times slower.
AttributeTypes find_plan_models(Connection& connection, int64_t plan_id, const PlanSpec& spec,
                                const MeasuredCells& measured);

// Writes them into plan_models and plan_profiles, and the latter into the temporary table `planned_profiles`,
// too. REQUIRES: the plan's templates are selected.
void keep_plan_models(Connection& connection);

}  // namespace testloom
