// Puts tests that did not pass into groups of one cause each, keeps a few whole texts of each group, and one
// short message for each test, all within limits, so that a report of many failures stays small.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "report/html/cause.h"
#include "report/html/report_data.h"

namespace testloom {

class CauseGroups {
 public:
  static constexpr size_t kSamples = 3;            // of a cause, where they differ
  static constexpr size_t kSampleLength = 4096;    // bytes of a traceback or an output, of its end
  static constexpr size_t kMessageLength = 200;    // characters
  static constexpr size_t kMessageRoom = 100'000;  // bytes of all messages of a report
  static constexpr size_t kSampleRoom = 200'000;  // bytes of all samples: each cause's first, then the others
  static constexpr size_t kCauses = 500;  // those of the fewest tests beyond are put together by outcome

  // Gives the test its cause and message. Tests come in ascending order.
  void add(ReportedTest& test, int number, const FailureTexts& texts, std::string_view output,
           ReportData& data);

  // Hands the causes over to the report, ordered, with the tests' numbers set anew.
  void finish(ReportData& data);

 private:
  void add_message(ReportedTest& test, const std::string& message, ReportData& data);
  void add_sample(ReportedCause& cause, int number, std::string_view traceback, std::string_view output);

  std::unordered_map<std::string, int> by_key_;
  std::unordered_map<std::string, int> messages_;
  std::vector<ReportedCause> causes_;
  size_t message_room_ = kMessageRoom;
  size_t collected_ = 0;  // bytes of samples so far
};

}  // namespace testloom
