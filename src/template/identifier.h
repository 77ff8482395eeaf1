// Names made of values: [A-Za-z0-9_], the same for the same value, different for different ones.
#pragma once

#include <string>
#include <string_view>

#include "template/expression/arena.h"
#include "template/expression/datum.h"
#include "template/rule.h"

namespace testloom::templating {

// The value as a name or a part of one: itself where it is one already and looks like no made one; else
// what a name cannot hold becomes `_`, and a hash of the value keeps it apart from others.
void append_name(std::string& out, std::string_view value, const Placement& placement);

// Whether append_name() leaves the value as it is in every placement.
bool is_name_anywhere(std::string_view value);
// The same for a value that is known to consist of [A-Za-z0-9_].
bool is_name_of_word_bytes(std::string_view value);

// What identifier(value) gives: str(value) as a whole name. Throws an EvaluationError for containers.
Datum make_identifier(const Datum& value, Arena& arena);

// The value, which has to be a name or a part of one already. Returns why it is not, or nothing.
std::string_view append_identifier(std::string& out, std::string_view value, const Placement& placement);

}  // namespace testloom::templating
