// testloom through its C++ interface: one Renderer, which gets the values that the template uses before each
// render. Setting them is measured; the names' slots are found before.
#include "serve.h"
#include "testloom/template.h"

namespace {

class Testloom {
 public:
  Testloom(const std::string& text, const std::vector<ValueSet>& sets)
      : template_(testloom::Template::compile("template.py", text)), renderer_(template_) {
    for (const std::string_view name : template_.used_names()) {
      const size_t slot = template_.find_slot(name).value();
      if (sets.at(0).at(name).is_int64())
        integer_slots_.push_back(slot);
      else
        text_slots_.push_back(slot);
    }
    for (const ValueSet& set : sets) {
      for (const std::string_view name : template_.used_names()) {
        const boost::json::value& value = set.at(name);
        if (value.is_int64())
          integers_.push_back(value.get_int64());
        else
          texts_.emplace_back(value.as_string());
      }
    }
  }

  std::string_view render(size_t index) {
    const std::string* text = texts_.data() + index * text_slots_.size();
    for (const size_t slot : text_slots_) renderer_.set_text(slot, *text++);
    const int64_t* integer = integers_.data() + index * integer_slots_.size();
    for (const size_t slot : integer_slots_) renderer_.set_integer(slot, *integer++);
    return renderer_.render();
  }

 private:
  testloom::Template template_;
  testloom::Renderer renderer_;
  std::vector<size_t> text_slots_;
  std::vector<size_t> integer_slots_;
  std::vector<std::string> texts_;  // of all sets, in the order of the slots
  std::vector<int64_t> integers_;
};

}  // namespace

int main(int count, char** arguments) { return serve<Testloom>(count, arguments); }
