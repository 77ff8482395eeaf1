#include "plan/other_batch.h"

#include "plan/test_id.h"

namespace testloom {

std::string with_batch_size(std::string_view case_name, const CaseParts& parts, std::string_view batch_size) {
  constexpr std::string_view label = "[batch_size=";
  const size_t names =
      parts.model_name.size() + 1 + parts.hardware_type.size() + 1 + parts.template_name.size();
  if (case_name.size() < names || !case_name.substr(names).starts_with(label)) return "";
  const size_t number = names + label.size();
  const size_t end = case_name.find_first_not_of("0123456789", number);
  if (end == number || end == std::string_view::npos) return "";
  return std::string(case_name.substr(0, number)).append(batch_size).append(case_name.substr(end));
}

PlannedTest at_batch_size(const PlannedTest& test, int64_t batch_size, const DefinitionHashes& hashes) {
  PlannedTest other = test;
  other.batch_size = batch_size;
  other.case_name = with_batch_size(test.case_name, {test.model_name, test.hardware_type, test.template_name},
                                    std::to_string(batch_size));
  make_test_id(other.test_id, md5_of(test.model_name), other.case_name,
               {test.model_family, hashes.of_template, hashes.of_model});
  other.last_outcome.reset();
  return other;
}

}  // namespace testloom
