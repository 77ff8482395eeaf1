// Collects, for each placeholder, the rule it is written by or the reason why it cannot stand where it is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "template/rule.h"
#include "template/source.h"
#include "testloom/template.h"

namespace testloom::templating {

// A placeholder as placement sees it.
struct Site {
  Span span;
  std::string_view name;  // the expression as it is written
  ValueType type = ValueType::text;
  bool known = false;          // false: it is a mistake already, and no second one is reported for it
  bool is_raw = false;         // raw(...): it may stand anywhere and is written as it is
  bool is_identifier = false;  // identifier(...): where an operand can stand, a name stands
};

class Verdicts {
 public:
  explicit Verdicts(std::vector<Site> sites);

  const Site& site(size_t index) const { return sites_[index]; }
  // Refuses in its turn what no value of the site's type can be.
  void accept(size_t index, const Placement& placement);
  // The mistake reads "'NAME' cannot stand WHERE". The first refusal of a site stays.
  void refuse(size_t index, std::string_view where, std::string_view hint);

  const std::vector<std::optional<Placement>>& placements() const { return placements_; }
  Mistakes take_mistakes() { return std::move(mistakes_); }

 private:
  std::vector<Site> sites_;
  std::vector<std::optional<Placement>> placements_;
  std::vector<bool> refused_;
  Mistakes mistakes_;
};

}  // namespace testloom::templating
