#include "model/parameters/tally.h"

#include <fmt/format.h>

namespace testloom {

void Tally::put(std::string_view name, Quantity each, Quantity times, bool embedding) {
  const Quantity amount = each * times;
  if (amount.value() == 0) return;
  total_ += amount;
  if (embedding) embedding_ += amount;
  if (total_.too_large() && too_large_.empty()) too_large_ = prefix_ + std::string(name);
  if (too_large_.empty())
    terms_.push_back({prefix_ + std::string(name), each.value(), times.value(), embedding});
}

ParameterCount Tally::take(const ModelConfig& config) {
  if (!too_large_.empty()) {
    throw Error(ErrorKind::spec,
                fmt::format("{} makes more than {} parameters", config.place(too_large_), Quantity::limit),
                "one of the sizes in the config is too large");
  }
  ParameterCount count;
  count.total = total_.value();
  count.embedding = embedding_.value();
  count.exact = exact_;
  count.terms = std::move(terms_);
  return count;
}

}  // namespace testloom
