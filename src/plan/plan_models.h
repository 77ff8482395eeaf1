// The models of a plan: names, globs over the known models, and list files, each model once, as the plan
// keeps them. Later mappings and changes of a model do not change a plan.
#pragma once

#include <string>

#include "catalog/model_list.h"
#include "plan/spec/spec.h"
#include "store/database.h"

namespace testloom {

// One attribute of the plan_models row `m`, as DuckDB's type; NULL where the model does not have it.
std::string attribute_sql(const std::string& name, const std::string& type);

// Fills plan_models for the plan, in the order of the sources, and says which attributes the models have.
// Throws an Error: usage for a glob that matches nothing, spec for a list that cannot be read, has no names,
// or rows that are no models. REQUIRES: register_detect_family() was called; a transaction is open.
AttributeTypes write_plan_models(Connection& connection, int64_t plan_id, const PlanSpec& spec);

}  // namespace testloom
