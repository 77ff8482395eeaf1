// Families and hardware types as one store knows them: the checks of catalog/names.h, without the note for a
// word that a template or mapping of the store has already.
#pragma once

#include <string>
#include <vector>

#include "store/database.h"

namespace testloom {

void check_model_family(Connection& connection, const std::string& family, std::vector<std::string>& notes);
void check_hardware_type(Connection& connection, const std::string& hardware_type,
                         std::vector<std::string>& notes);

}  // namespace testloom
