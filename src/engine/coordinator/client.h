// The client of a coordinator: submits tests as tasks (POST {url}/api/tasks) and asks for a task
// (GET {url}/api/tasks/{id}). What goes wrong with one submission comes back as a reply that says so, so that
// a caller with many tests can go on or stop as it likes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "testloom/error.h"

namespace testloom {

struct CoordinatorReply {
  bool success = false;
  std::string task_id;  // the coordinator's number or name for the task; empty on failure
  std::string error;    // one line: what went wrong and what to do; empty on success
};

struct SubmittedTest {
  std::string test_id;
  std::string model_name;
  std::string model_family;
  std::string hardware_type;
  int64_t batch_size = 1;
  std::string test_content;
  std::vector<std::string> dependencies;  // test_ids
  int priority = 5;
  std::string requirements_json =
      "{}";  // {"hardware_type": …, "min_memory_gb": …, "test_timeout_seconds": …}
};

// The body that submit_task() sends: one JSON object in ASCII.
std::string submission_body(const SubmittedTest& test);

// Calls from several threads wait for each other. The connection is kept open between calls. Redirects are
// not followed. Neither the key nor a password in the url appears in an error.
class CoordinatorClient {
 public:
  // The url may hold user:password@ and a path, and may end with '/'. Throws an Error (usage) on a url other
  // than http and https, on a key that cannot stand in a header and on a timeout that is not positive.
  explicit CoordinatorClient(std::string_view url, std::string api_key = {}, double timeout_seconds = 30,
                             double connect_timeout_seconds = 5);
  ~CoordinatorClient();
  CoordinatorClient(const CoordinatorClient&) = delete;
  CoordinatorClient& operator=(const CoordinatorClient&) = delete;

  // Throws an Error (usage) where requirements_json is not a JSON object, and for nothing else.
  CoordinatorReply submit_task(const SubmittedTest& test);
  // Posts a body as it is.
  CoordinatorReply submit_body(std::string_view json_body);

  // The answer's JSON object as text. Throws an Error (coordinator).
  std::string get_task(std::string_view task_id);

  // The url without credentials.
  const std::string& url() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace testloom
