// A Python that answers a line with a line, for as long as the fuzzer runs.
#pragma once

#include <sys/types.h>
#include <string>

namespace testloom {

class OracleChild {
 public:
  // Starts fuzz/oracle_child.py with this argument, by $TESTLOOM_TEST_PYTHON or python3, and writes
  // `greeting`, which it does not answer.
  explicit OracleChild(const char* mode, std::string greeting = {});
  ~OracleChild();
  OracleChild(const OracleChild&) = delete;
  OracleChild& operator=(const OracleChild&) = delete;

  // `line` ends with a newline, the answer does not. Python itself may fall over something; then another one
  // is started, which is said on standard error, and the answer is "gone". The tenth time is reported.
  std::string ask(const std::string& line);

 private:
  void start();
  void stop();
  bool send(const std::string& line);

  const char* mode_;
  std::string greeting_;
  int to_ = -1;
  int from_ = -1;
  pid_t pid_ = -1;
  std::string unread_;
  int gone_ = 0;
};

// Tells what is wrong and ends the program as a crash.
[[noreturn]] void report(const std::string& what);

}  // namespace testloom
