// What may be called what. Model names are any text; families and hardware types are open sets of names; the
// checks throw an Error of kind usage that shows the offending text and says what is allowed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace testloom {

inline constexpr size_t kMaxModelNameBytes = 4096;

// Non-empty UTF-8 of at most 4 KB without U+0000.
void check_model_name(std::string_view name);
// A name that is shown as it is: non-empty, printable, at most 200 bytes; `what` names it in the error.
void check_label(std::string_view name, std::string_view what);
// Each must look like a name; `notes` gets a line for one that testloom does not know by itself.
void check_model_family(std::string_view family, std::vector<std::string>& notes);
void check_hardware_type(std::string_view hardware_type, std::vector<std::string>& notes);
// Free text of at most 64 KB without U+0000, such as a description; `what` names it in the error.
void check_text(std::string_view text, std::string_view what);

// One built-in hardware type and what torch calls its device.
struct Hardware {
  std::string_view hardware_type;
  std::string_view device;
};
const std::vector<Hardware>& built_in_hardware();
// What torch calls the device of a hardware type; one never heard of is called by its own name.
std::string device_of(std::string_view hardware_type);

// Lists as they stand on a command line, "cpu,cuda" and "1,4": each item is checked, none may stand twice.
std::vector<std::string> parse_hardware_types(std::string_view text, std::vector<std::string>& notes);
std::vector<int64_t> parse_batch_sizes(std::string_view text);
// The same checks for lists that came as such.
void check_hardware_types(const std::vector<std::string>& hardware_types, std::vector<std::string>& notes);
void check_batch_sizes(const std::vector<int64_t>& batch_sizes);

}  // namespace testloom
