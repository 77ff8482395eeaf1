// What a name that tells no family might mean.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace testloom {

inline constexpr size_t max_candidates = 3;

// For a name that detect_family() calls unknown: the families of what stands in it, where those contradict
// each other or are too weak; else the known types that its words nearly are ("lama-7b": llama). At most
// max_candidates, the likeliest first; none for a name that says nothing.
std::vector<std::string> family_candidates(std::string_view model_name);

}  // namespace testloom
