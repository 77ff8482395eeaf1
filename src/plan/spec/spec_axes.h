// Axes of a spec: their names, and those that move together.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "plan/spec/spec_reader.h"
#include "plan/spec/spec_values.h"

namespace testloom {

class AxesReader {
 public:
  explicit AxesReader(SpecReader& reader) : reader_(reader) {}

  std::vector<Axis> read_axes(const TomlEntry& entry);
  std::vector<Zip> read_zips(const TomlEntry& entry);

  // Names of the axes read so far, also of those with mistakes.
  std::vector<std::string_view> names() const;
  bool has(std::string_view name) const;
  // The type of an axis's values, as value_word() says; empty where it is not known for a mistake.
  std::string_view type_of(std::string_view name) const;

 private:
  struct Known {
    std::string name;
    SpecPlace place;
    std::string_view type;
  };

  Axis read_axis(const TomlEntry& entry, bool may_repeat, bool& complete);
  void check_name(const TomlEntry& entry);
  void check_zip(const Zip& zip);

  SpecReader& reader_;
  std::map<std::string, Known> known_;  // by the name in lower case
};

}  // namespace testloom
