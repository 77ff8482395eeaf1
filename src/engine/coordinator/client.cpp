#include "engine/coordinator/client.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <mutex>
#include <utility>

#include "base/json_writer.h"
#include "base/text.h"
#include "engine/coordinator/http.h"

namespace testloom {

namespace {

namespace json = boost::json;

constexpr size_t kShownOfAnswer = 200;  // code points
constexpr size_t kLongestTaskId = 4096;

void append_value(JsonWriter& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::object:
      out.begin_object();
      for (const auto& [name, member] : value.get_object()) {
        out.key(name);
        append_value(out, member);
      }
      out.end_object();
      break;
    case json::kind::array:
      out.begin_array();
      for (const json::value& element : value.get_array()) append_value(out, element);
      out.end_array();
      break;
    case json::kind::string:
      out.value(std::string_view(value.get_string()));
      break;
    case json::kind::int64:
      out.value(value.get_int64());
      break;
    case json::kind::uint64:
      out.value(value.get_uint64());
      break;
    case json::kind::double_:
      out.value(value.get_double());
      break;
    case json::kind::bool_:
      out.value(value.get_bool());
      break;
    case json::kind::null:
      out.null();
  }
}

json::value parse_object(std::string_view text) {
  boost::system::error_code code;
  json::value value = json::parse(text, code);
  return !code && value.is_object() ? value : json::value();
}

// A member as text: a string's content, an object's own "message", anything else as JSON; empty where it is
// missing or null.
std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value || value->is_null()) return {};
  if (value->is_string()) return std::string(value->get_string());
  if (const json::object* nested = value->if_object()) {
    const std::string message = text_of(*nested, "message");
    if (!message.empty()) return message;
  }
  return json::serialize(*value);
}

// What the coordinator itself says is wrong; empty where it says nothing.
std::string complaint(const json::object& object) {
  for (const std::string_view name : {"error", "message", "detail"}) {
    if (std::string text = text_of(object, name); !text.empty()) return text;
  }
  return {};
}

std::string task_id_of(const json::object& object) {
  for (const std::string_view name : {"task_id", "id"}) {
    const json::value* value = object.if_contains(name);
    if (value && (value->is_string() || value->is_number())) {
      if (std::string id = text_of(object, name); !id.empty()) return id;
    }
  }
  return {};
}

std::string hint_for(long status) {
  if (status == 401 || status == 403) return "check the API key";
  if (status == 404) return "check the url: this path is not known there";
  if (status >= 500) return "look into the coordinator's log";
  return {};
}

struct JsonAnswer {
  HttpAnswer answer;
  json::object object;  // its body, parsed
};

void check_key(std::string_view key) {
  const bool blank_end = !key.empty() && (key.front() == ' ' || key.back() == ' ');
  for (size_t at = 0; at < key.size(); ++at) {
    const bool visible = key[at] >= 0x20 && key[at] <= 0x7E;
    if (visible && !blank_end) continue;
    throw Error(ErrorKind::usage,
                blank_end ? "the API key starts or ends with a space"
                          : fmt::format("character {} of the API key cannot stand in a header", at + 1),
                "give the key as one line of printable ASCII");
  }
}

}  // namespace

std::string submission_body(const SubmittedTest& test) {
  const json::value requirements = parse_object(test.requirements_json);
  if (!requirements.is_object()) {
    throw Error(ErrorKind::usage,
                fmt::format("the requirements of test {} are not a JSON object", quote(test.test_id)));
  }
  JsonWriter out;
  out.begin_object().member("type", "generated_test").member("priority", test.priority);
  out.key("config").begin_object();
  out.member("test_id", test.test_id)
      .member("model_name", test.model_name)
      .member("model_family", test.model_family)
      .member("hardware_type", test.hardware_type)
      .member("batch_size", test.batch_size)
      .member("test_content", test.test_content);
  out.key("dependencies").begin_array();
  for (const std::string& dependency : test.dependencies) out.value(dependency);
  out.end_array().end_object();
  out.key("requirements");
  append_value(out, requirements);
  out.end_object();
  return out.take();
}

struct CoordinatorClient::State {
  State(HttpAddress address, HttpLimits limits, std::string api_key)
      : connection(std::move(address), limits), key(std::move(api_key)) {}

  // `text` with the key and the password made unreadable, since servers repeat what they were sent.
  std::string concealed(std::string text) const {
    for (const std::string* secret : {&key, &connection.address().password}) {
      if (secret->empty()) continue;
      for (size_t at = 0; (at = text.find(*secret, at)) != std::string::npos; at += 3) {
        text.replace(at, secret->size(), "***");
      }
    }
    return text;
  }

  std::string shown(const std::string& text) const { return quote(concealed(text), kShownOfAnswer); }

  Error error(const HttpRequest& request, std::string_view what, std::string hint = {}) const {
    const std::string& url = connection.address().url;
    return Error(ErrorKind::coordinator, fmt::format("{}{}: {}", url, request.path, what), std::move(hint));
  }

  Error unusable(const HttpRequest& request, const HttpAnswer& answer, std::string_view lack) const {
    const std::string bytes = answer.body.empty() ? "" : ": " + shown(answer.body);
    return error(request, fmt::format("the answer (status {}) {}{}", answer.status, lack, bytes),
                 "check that this is the coordinator");
  }

  // One exchange; throws where the answer is not a JSON object with a status of 2xx.
  JsonAnswer exchange(HttpRequest& request);

  CoordinatorReply submit(std::string_view body);

  std::mutex turn;
  HttpConnection connection;
  std::string key;
};

JsonAnswer CoordinatorClient::State::exchange(HttpRequest& request) {
  request.headers.push_back("Accept: application/json");
  if (!key.empty()) request.headers.push_back("X-API-Key: " + key);
  HttpAnswer answer = connection.send(request);
  const long status = answer.status;
  if (status >= 300 && status < 400) {
    const std::string target = answer.redirect.empty() ? "nowhere" : shown(answer.redirect);
    throw error(request, fmt::format("the answer is a redirect ({}) to {}", status, target),
                "redirects are not followed: give the url that it points to");
  }
  json::value value = parse_object(answer.body);
  if (status < 200 || status >= 400) {
    std::string said = value.is_object() ? complaint(value.get_object()) : "";
    if (said.empty()) said = answer.body;
    const std::string what = said.empty() ? "" : ": " + shown(said);
    throw error(request, fmt::format("the answer is an error ({}){}", status, what), hint_for(status));
  }
  if (answer.body.empty()) throw unusable(request, answer, "is empty");
  if (!value.is_object()) throw unusable(request, answer, "is not a JSON object");
  return {std::move(answer), std::move(value.get_object())};
}

CoordinatorReply CoordinatorClient::State::submit(std::string_view body) {
  HttpRequest request{"/api/tasks", true, body, {"Content-Type: application/json"}};
  const auto [answer, object] = exchange(request);
  const json::value* success = object.if_contains("success");
  if (success && *success == false) {
    const std::string said = complaint(object);
    throw error(request, "the coordinator did not take the test" + (said.empty() ? "" : ": " + shown(said)));
  }
  std::string id = task_id_of(object);
  if (id.empty()) throw unusable(request, answer, "has no task_id");
  return {true, std::move(id), {}};
}

CoordinatorClient::CoordinatorClient(std::string_view url, std::string api_key, double timeout_seconds,
                                     double connect_timeout_seconds) {
  check_key(api_key);
  HttpAddress address = parse_http_address(url);
  state_ = std::make_unique<State>(std::move(address), HttpLimits{timeout_seconds, connect_timeout_seconds},
                                   std::move(api_key));
}

CoordinatorClient::~CoordinatorClient() = default;

CoordinatorReply CoordinatorClient::submit_task(const SubmittedTest& test) {
  return submit_body(submission_body(test));
}

CoordinatorReply CoordinatorClient::submit_body(std::string_view json_body) {
  const std::scoped_lock lock(state_->turn);
  try {
    return state_->submit(json_body);
  } catch (const Error& failed) {
    const std::string& hint = failed.diagnostics().front().hint;
    return {false, {}, hint.empty() ? failed.message() : failed.message() + "; " + hint};
  }
}

std::string CoordinatorClient::get_task(std::string_view task_id) {
  if (task_id.empty() || task_id.size() > kLongestTaskId) {
    throw Error(ErrorKind::usage,
                fmt::format("a task id has 1 to {} bytes, not {}", kLongestTaskId, task_id.size()));
  }
  const std::scoped_lock lock(state_->turn);
  HttpRequest request{"/api/tasks/" + percent_encoded(task_id)};
  return state_->exchange(request).answer.body;
}

const std::string& CoordinatorClient::url() const { return state_->connection.address().url; }

}  // namespace testloom
