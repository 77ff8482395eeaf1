// The floor that rendering is held against: a loop of memcpy of the fixed pieces and of the values as text,
// into one buffer that is used again. What a template decides is decided beforehand, once for each pair of
// family and hardware type; nothing is escaped.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "testloom/template.h"
#include "value_sets.h"

namespace testloom::bench {

class Floor {
 public:
  explicit Floor(const Template& compiled) : renderer_(compiled) {}

  // Learns the pieces for this set's family and hardware type; to be called before the clock starts.
  void learn(const ValueSet& set) {
    std::vector<Piece>& pieces = pieces_[{set.model_family, set.hardware_type}];
    if (!pieces.empty()) return;
    ValueSet marked = set;
    marked.model_name = "qz-model-zq";
    marked.replaced_name = "qz_model_zq";
    marked.model_location = "qzlocationzq";
    marked.task = "qztaskzq";
    marked.test_id = "qzidzq";
    marked.template_name = "qztemplatezq";
    marked.batch_size = 7919;
    marked.batch_text = "7919";
    cut(render(marked), marked, pieces);
  }

  size_t run(const ValueSet& set) {
    const std::vector<Piece>& pieces = pieces_.find({set.model_family, set.hardware_type})->second;
    char* at = buffer_.get();
    for (const Piece& piece : pieces) {
      const std::string& text = piece.value ? set.*piece.value : piece.literal;
      std::memcpy(at, text.data(), text.size());
      at += text.size();
    }
    return static_cast<size_t>(at - buffer_.get());
  }
  std::string text(const ValueSet& set) { return {buffer_.get(), run(set)}; }

  std::string render(const ValueSet& set) {
    for (const auto& [name, member] : kTexts) renderer_.set(name, set.*member);
    return std::string(renderer_.set("batch_size", set.batch_size).render());
  }

 private:
  using Member = std::string ValueSet::*;
  struct Piece {
    std::string literal;
    Member value = nullptr;
  };
  static constexpr std::pair<const char*, Member> kTexts[] = {{"model_name", &ValueSet::model_name},
                                                              {"model_family", &ValueSet::model_family},
                                                              {"model_location", &ValueSet::model_location},
                                                              {"task", &ValueSet::task},
                                                              {"hardware_type", &ValueSet::hardware_type},
                                                              {"device", &ValueSet::device},
                                                              {"test_id", &ValueSet::test_id},
                                                              {"template_name", &ValueSet::template_name}};

  // Cuts a rendered text where values stand in it.
  static void cut(const std::string& text, const ValueSet& set, std::vector<Piece>& pieces) {
    const Member members[] = {&ValueSet::model_name, &ValueSet::replaced_name, &ValueSet::model_location,
                              &ValueSet::task,       &ValueSet::test_id,       &ValueSet::template_name,
                              &ValueSet::batch_text, &ValueSet::model_family,  &ValueSet::hardware_type};
    for (size_t at = 0; at < text.size();) {
      size_t next = text.size();
      Member found = nullptr;
      for (const Member member : members) {
        const size_t place = text.find(set.*member, at);
        if (place < next) next = place, found = member;
      }
      if (next > at) pieces.push_back({text.substr(at, next - at), nullptr});
      if (found) pieces.push_back({"", found});
      at = next + (found ? (set.*found).size() : 0);
    }
  }

  Renderer renderer_;
  std::map<std::pair<std::string, std::string>, std::vector<Piece>> pieces_;
  std::unique_ptr<char[]> buffer_ = std::make_unique<char[]>(1 << 20);
};

}  // namespace testloom::bench
