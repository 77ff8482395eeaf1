// Why a test did not pass, without what differs from test to test: failures of one cause get one key.
#pragma once

#include <string>
#include <string_view>

namespace testloom {

// `text` with numbers as N, addresses and long hexadecimal words as ID, quoted or bare absolute paths as
// their last part, and the name of the test's model as MODEL.
std::string normalised(std::string_view text, std::string_view model_name);

struct FailureTexts {
  std::string_view outcome;
  std::string_view reason;
  std::string_view error_type;
  std::string_view error_message;
  std::string_view traceback;
};

struct Cause {
  std::string key;    // equal for tests that did not pass for one reason
  std::string title;  // for people, on one line
  std::string place;  // the innermost frame of the traceback, as "vision.py in test_vision"; may be empty
};

Cause cause_of(const FailureTexts& texts, std::string_view model_name);

}  // namespace testloom
