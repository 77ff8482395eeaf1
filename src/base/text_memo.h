// What a function of a text answered, for texts that come again: lists of models often have the same few
// configs many times.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace testloom {

// Keeps so many answers, and then begins anew; long texts are asked about each time. One thread at a time.
template <typename Answer>
class TextMemo {
 public:
  template <typename Ask>
  Answer of(std::string_view text, Ask ask) {
    if (text.size() > longest_kept) return ask(text);
    std::string key(text);
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    if (known_.size() == most_kept) known_.clear();
    return known_.emplace(std::move(key), ask(text)).first->second;
  }

 private:
  static constexpr size_t most_kept = 1024, longest_kept = 16 << 10;
  std::unordered_map<std::string, Answer> known_;
};

}  // namespace testloom
