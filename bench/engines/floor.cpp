// The floor: what any engine has to do at least. Literal pieces and values that stand ready as text are
// copied one after the other into one buffer, by a loop over a list of pieces that was decided before the
// clock starts. Nothing is looked up, escaped, counted or allocated while it renders.
//
// With -DSTRAIGHT_LINE the copies are straight-line code made for the one template (pieces.h, made by
// pieces.py), with plain ifs for what is decided by values: what a compiler gets out of knowing every size.
#include <algorithm>
#include <array>
#include <cstring>

#include "serve.h"

namespace {

template <size_t size>
char* piece(char* out, const char (&text)[size]) {
  std::memcpy(out, text, size - 1);
  return out + size - 1;
}
char* value(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

// Writes down what straight-line code would copy.
struct Step {
  const char* literal;  // null: a value
  size_t size;          // of the literal
  size_t slot;          // of the value
};
struct Recording {
  std::vector<Step>* steps;
  const std::string_view* slots;
};
template <size_t size>
Recording piece(Recording out, const char (&text)[size]) {
  out.steps->push_back({text, size - 1, 0});
  return out;
}
Recording value(Recording out, const std::string_view& text) {
  out.steps->push_back({nullptr, 0, static_cast<size_t>(&text - out.slots)});
  return out;
}

#include "pieces.h"

std::string slot_text(const Slot& slot, const ValueSet& set) {
  std::string text = text_of(set.at(slot.name));
  const std::string_view old = slot.old, fresh = slot.fresh;
  if (old.empty()) return text;
  for (size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += fresh.size())
    text.replace(at, old.size(), fresh);
  return text;
}

class Floor {
 public:
  Floor(const std::string&, const std::vector<ValueSet>& sets) {
    std::vector<size_t> sizes;
    for (const ValueSet& set : sets) {
      for (const Slot& slot : kSlots) {
        const std::string text = slot_text(slot, set);
        sizes.push_back(text.size());
        texts_ += text;
      }
    }
    const char* at = texts_.data();
    rows_.resize(sets.size());
    for (size_t index = 0; index < sizes.size(); at += sizes[index++])
      rows_[index / std::size(kSlots)][index % std::size(kSlots)] = {at, sizes[index]};
    const size_t longest = sizes.empty() ? 0 : *std::max_element(sizes.begin(), sizes.end());
    buffer_.resize(kMostLiteralBytes + kMostValues * longest);
    for (const auto& row : rows_) list_of_.push_back(find_list(row.data()));
  }

  std::string_view render(size_t index) {
#ifdef STRAIGHT_LINE
    const char* end = render_pieces(buffer_.data(), rows_[index].data());
#else
    char* end = buffer_.data();
    for (const Step& step : lists_[list_of_[index]]) {
      const std::string_view text =
          step.literal ? std::string_view(step.literal, step.size) : rows_[index][step.slot];
      std::memcpy(end, text.data(), text.size());
      end += text.size();
    }
#endif
    return {buffer_.data(), static_cast<size_t>(end - buffer_.data())};
  }

 private:
  // The list of pieces for these values, which many value sets share.
  size_t find_list(const std::string_view* slots) {
    std::vector<Step> steps;
    render_pieces(Recording{&steps, slots}, slots);
    const auto same = [&](const std::vector<Step>& list) {
      return std::equal(list.begin(), list.end(), steps.begin(), steps.end(),
                        [](const Step& a, const Step& b) {
                          return a.literal == b.literal && a.size == b.size && a.slot == b.slot;
                        });
    };
    const auto found = std::find_if(lists_.begin(), lists_.end(), same);
    const size_t index = static_cast<size_t>(found - lists_.begin());
    if (found == lists_.end()) lists_.push_back(std::move(steps));
    return index;
  }

  std::string texts_;  // all values of all sets, in the order in which they are used
  std::vector<std::array<std::string_view, std::size(kSlots)>> rows_;
  std::vector<std::vector<Step>> lists_;
  std::vector<size_t> list_of_;  // by value set
  std::vector<char> buffer_;
};

}  // namespace

int main(int count, char** arguments) { return serve<Floor>(count, arguments); }
