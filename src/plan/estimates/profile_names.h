// Which models share a profile, by what is known of them: as SQL, for the statement that writes a plan's
// models.
#pragma once

#include <string>

#include "catalog/calibrations.h"
#include "store/database.h"

namespace testloom {

// Makes the functions name_profile and config_profile known to SQL.
void register_profile_functions(Connection& connection);

// The name of a model's profile, over the columns model_name, model_family, decided_task, known_config,
// parameter_count and weight_bytes:
//   model …     its name alone: tests of it ran when nothing but its name was known
//   config …    its config.json, family, task and weights, and what its name says where the config says
//   nothing weights …   the size of its weights, its family and task, and what its name says name …      what
//   its name says
//   ''          nothing
std::string profile_sql(Connection& connection, const MeasuredCells& measured);

}  // namespace testloom
