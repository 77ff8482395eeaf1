// fmt with a format string that is known only at run time. The arguments are numbered in the order of NAMES
// in dialects.py.
#include <fmt/format.h>

#include <iterator>

#include "serve.h"

namespace {

struct Arguments {
  std::string model_name, model_family, model_location, task, hardware_type, device;
  int64_t batch_size;
  std::string test_id, template_name;
};

class Fmt {
 public:
  Fmt(const std::string& text, const std::vector<ValueSet>& sets) : text_(text) {
    for (const ValueSet& set : sets) {
      const auto of = [&](const char* name) { return text_of(set.at(name)); };
      sets_.push_back({of("model_name"), of("model_family"), of("model_location"), of("task"),
                       of("hardware_type"), of("device"), set.at("batch_size").as_int64(), of("test_id"),
                       of("template_name")});
    }
  }

  std::string_view render(size_t index) {
    const Arguments& set = sets_[index];
    buffer_.clear();
    fmt::format_to(std::back_inserter(buffer_), fmt::runtime(text_), set.model_name, set.model_family,
                   set.model_location, set.task, set.hardware_type, set.device, set.batch_size, set.test_id,
                   set.template_name);
    return {buffer_.data(), buffer_.size()};
  }

 private:
  std::string text_;
  std::vector<Arguments> sets_;
  fmt::memory_buffer buffer_;
};

}  // namespace

int main(int count, char** arguments) { return serve<Fmt>(count, arguments); }
