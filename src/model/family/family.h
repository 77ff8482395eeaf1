// What a model's name says about its family and task: a table of whole tokens (families.tsv) and the rules
// that weigh what was found. Hands the rest of testloom a guess with its origin, and says what a name of a
// family or hardware type may look like.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace testloom {

struct FamilyGuess {
  std::string model_family;  // "unknown" where the name does not say
  std::string task;          // by the hub's pipeline names; empty where the name does not say
  std::string origin;        // "name", or "none" for unknown
  double confidence = 0;     // 0 to 1
  std::string evidence;      // the parts of the name that decided, as they stand there
};

// Pure and safe to call from any thread; takes any bytes, in time linear in their number.
FamilyGuess detect_family(std::string_view model_name);

// The families that detection can answer, "unknown" last. Others may exist: the set is open.
const std::vector<std::string>& known_families();

// Whether `text` looks like the name of a family or hardware type: [A-Za-z][A-Za-z0-9_.-]{0,63}.
bool is_name(std::string_view text);

}  // namespace testloom
