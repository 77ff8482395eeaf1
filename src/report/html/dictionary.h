// Texts by number, in the order in which they first came.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace testloom {

class Dictionary {
 public:
  int add(std::string_view text) {
    const auto [place, is_new] = numbers_.try_emplace(std::string(text), static_cast<int>(texts_.size()));
    if (is_new) texts_.push_back(place->first);
    return place->second;
  }
  const std::vector<std::string>& texts() const { return texts_; }
  const std::string& operator[](int number) const { return texts_[static_cast<size_t>(number)]; }

 private:
  std::unordered_map<std::string, int> numbers_;
  std::vector<std::string> texts_;
};

}  // namespace testloom
