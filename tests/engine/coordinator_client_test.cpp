// The coordinator's client against a real socket: the bytes that it sends, and what it makes of every kind of
// answer.
#include "engine/coordinator/client.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <limits>

#include "engine/loopback_server.h"

namespace testloom {
namespace {

namespace json = boost::json;
using End = Reaction::End;

const std::string kTaken = http_answer("201 Created", R"({"task_id": "t-1"})");

SubmittedTest some_test() {
  SubmittedTest test;
  test.test_id = "0190-a";
  test.model_name = "größe\"\n模型😀";
  test.model_family = "text_embedding";
  test.hardware_type = "cuda";
  test.batch_size = 4;
  test.test_content = "def test_x():\n    return {}\n";
  test.dependencies = {"0190-b", "0190-c"};
  test.priority = 3;
  test.requirements_json = R"({"hardware_type": "cuda", "min_memory_gb": 1.5, "note": "ü"})";
  return test;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string body_of(const std::string& request) { return request.substr(request.find("\r\n\r\n") + 4); }

TEST(CoordinatorClient, SendsATestAsTheseBytes) {
  const LoopbackServer server({kTaken});
  CoordinatorClient client(server.url(), "s3cret key");
  const CoordinatorReply reply = client.submit_task(some_test());
  EXPECT_TRUE(reply.success) << reply.error;
  EXPECT_EQ(reply.task_id, "t-1");
  EXPECT_EQ(reply.error, "");
  const std::string body =
      R"({"type": "generated_test", "priority": 3, "config": {"test_id": "0190-a", )"
      R"("model_name": "gr\u00f6\u00dfe\"\n\u6a21\u578b\ud83d\ude00", "model_family": "text_embedding", )"
      R"("hardware_type": "cuda", "batch_size": 4, "test_content": "def test_x():\n    return {}\n", )"
      R"("dependencies": ["0190-b", "0190-c"]}, )"
      R"("requirements": {"hardware_type": "cuda", "min_memory_gb": 1.5, "note": "\u00fc"}})";
  const std::string expected =
      "POST /api/tasks HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
      "\r\nUser-Agent: testloom\r\nContent-Type: application/json\r\n"
      "Accept: application/json\r\nX-API-Key: s3cret key\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  EXPECT_EQ(server.requests(), std::vector<std::string>{expected});
}

TEST(CoordinatorClient, SendsNoKeyWhereNoneIsGivenAndAnEmptyListOfDependencies) {
  const LoopbackServer server({kTaken});
  SubmittedTest test = some_test();
  test.dependencies.clear();
  test.requirements_json = "{}";
  EXPECT_TRUE(CoordinatorClient(server.url()).submit_task(test).success);
  const std::vector<std::string> requests = server.requests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].find("X-API-Key"), std::string::npos);
  const json::object body = json::parse(body_of(requests[0])).as_object();
  EXPECT_EQ(body.at("config").at("dependencies"), json::array());
  EXPECT_EQ(body.at("requirements"), json::object());
}

TEST(CoordinatorClient, FindsThePathBelowTheUrlHoweverItEnds) {
  for (const std::string end : {"", "/", "//", "/base", "/base/"}) {
    const LoopbackServer server({kTaken});
    EXPECT_TRUE(CoordinatorClient(server.url() + end).submit_body("{}").success) << end;
    const std::string path = end.starts_with("/base") ? "/base/api/tasks" : "/api/tasks";
    EXPECT_TRUE(server.requests().at(0).starts_with("POST " + path + " HTTP/1.1\r\n"))
        << server.requests()[0];
  }
}

TEST(CoordinatorClient, SendsABodyAsItIs) {
  const LoopbackServer server({kTaken});
  const std::string body = std::string("[1,\0 \xff", 7) + std::string(3'000'000, 'x');
  EXPECT_TRUE(CoordinatorClient(server.url()).submit_body(body).success);
  EXPECT_TRUE(body_of(server.requests().at(0)) == body);
}

TEST(CoordinatorClient, SendsTheCredentialsOfTheUrlAsBasicAuthentication) {
  const LoopbackServer server({http_answer("403 Forbidden", "no entry for jo with p@ss word")});
  CoordinatorClient client("http://jo:p%40ss%20word@127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(client.url(), server.url());
  EXPECT_EQ(client.submit_body("{}").error, server.url() +
                                                "/api/tasks: the answer is an error (403): "
                                                "'no entry for jo with ***'; check the API key");
  EXPECT_NE(server.requests().at(0).find("\r\nAuthorization: Basic am86cEBzcyB3b3Jk\r\n"), std::string::npos);
}

TEST(CoordinatorClient, KeepsTheConnectionForTheNextCall) {
  const LoopbackServer server({kTaken, End::keep});
  CoordinatorClient client(server.url());
  const auto submit_many = [&] {
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(client.submit_body("{}").success);
  };
  std::thread other(submit_many);
  submit_many();
  other.join();
  EXPECT_EQ(server.requests().size(), 100u);
  EXPECT_EQ(server.connections(), 1);
}

struct AnswerCase {
  const char* name;
  Reaction reaction;
  const char* task_id;  // empty: the submission fails
  const char* error;    // whole, with URL for the server's url
};

void PrintTo(const AnswerCase& answer, std::ostream* out) { *out << answer.name; }

class CoordinatorAnswer : public testing::TestWithParam<AnswerCase> {};

TEST_P(CoordinatorAnswer, BecomesAReply) {
  const LoopbackServer server(GetParam().reaction);
  const bool hangs = GetParam().reaction.end == End::hang;
  CoordinatorClient client(server.url(), "s3cret", hangs ? 0.2 : 30);
  const CoordinatorReply reply = client.submit_task(some_test());
  EXPECT_EQ(reply.task_id, GetParam().task_id);
  EXPECT_EQ(replaced(reply.error, server.url(), "URL"), GetParam().error);
  EXPECT_EQ(reply.success, reply.error.empty());
  EXPECT_EQ(server.connections(), 1);
}

#define NOT_COORDINATOR "; check that this is the coordinator"
#define PERHAPS_RECEIVED "; the request may have arrived all the same: look there before you send it again"
#define OK_ANSWER(body) \
  Reaction { http_answer("200 OK", body) }

const AnswerCase kAnswers[] = {
    {"text_id", OK_ANSWER(R"({"task_id": "t-1", "status": "queued"})"), "t-1", ""},
    {"number_id", OK_ANSWER(R"({"success": true, "task_id": 18446744073709551615})"), "18446744073709551615",
     ""},
    {"id", OK_ANSWER(R"({"task_id": null, "id": "t-2"})"), "t-2", ""},
    {"chunked",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"task_id\": \"a\"}\r\n0\r\n\r\n"},
     "a",
     ""},
    {"until_closed", {"HTTP/1.0 200 OK\r\n\r\n{\"task_id\": \"b\"}"}, "b", ""},
    {"refused_with_reason", OK_ANSWER(R"({"success": false, "error": "queue\nfull", "task_id": "t"})"), "",
     "URL/api/tasks: the coordinator did not take the test: 'queue\\nfull'"},
    {"refused_without_reason", OK_ANSWER(R"({"success": false})"), "",
     "URL/api/tasks: the coordinator did not take the test"},
    {"empty", OK_ANSWER(""), "", "URL/api/tasks: the answer (status 200) is empty" NOT_COORDINATOR},
    {"no_content",
     {"HTTP/1.1 204 No Content\r\n\r\n"},
     "",
     "URL/api/tasks: the answer (status 204) is empty" NOT_COORDINATOR},
    {"html", OK_ANSWER("<html>\x1b[31mhello"), "",
     "URL/api/tasks: the answer (status 200) is not a JSON object: "
     "'<html>\\x1b[31mhello'" NOT_COORDINATOR},
    {"array", OK_ANSWER("[1]"), "",
     "URL/api/tasks: the answer (status 200) is not a JSON object: '[1]'" NOT_COORDINATOR},
    {"cut_json", OK_ANSWER(R"({"task_id": )"), "",
     "URL/api/tasks: the answer (status 200) is not a JSON object: '{\"task_id\": '" NOT_COORDINATOR},
    {"too_deep", OK_ANSWER(R"({"x":)" + std::string(40, '[') + std::string(40, ']') + "}"), "",
     "URL/api/tasks: the answer (status 200) is not a JSON object: "
     "'{\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"
     "'" NOT_COORDINATOR},
    {"no_task_id", OK_ANSWER(R"({"status": "s3cret"})"), "",
     "URL/api/tasks: the answer (status 200) has no task_id: '{\"status\": \"***\"}'" NOT_COORDINATOR},
    {"task_id_of_another_type", OK_ANSWER(R"({"task_id": ["t"]})"), "",
     "URL/api/tasks: the answer (status 200) has no task_id: '{\"task_id\": [\"t\"]}'" NOT_COORDINATOR},
    {"empty_task_id", OK_ANSWER(R"({"task_id": ""})"), "",
     "URL/api/tasks: the answer (status 200) has no task_id: '{\"task_id\": \"\"}'" NOT_COORDINATOR},
    {"error_500",
     {http_answer("500 Internal Server Error", R"({"error": {"message": "disk full"}})")},
     "",
     "URL/api/tasks: the answer is an error (500): 'disk full'; look into the coordinator's log"},
    {"error_500_empty",
     {http_answer("500 Internal Server Error", "")},
     "",
     "URL/api/tasks: the answer is an error (500); look into the coordinator's log"},
    {"error_401_repeating_the_key",
     {http_answer("401 Unauthorized", R"({"message": "the key s3cret is unknown"})")},
     "",
     "URL/api/tasks: the answer is an error (401): 'the key *** is unknown'; check the API key"},
    {"error_404_in_html",
     {http_answer("404 Not Found", "<h1>no s3cret here</h1>")},
     "",
     "URL/api/tasks: the answer is an error (404): '<h1>no *** here</h1>'; check the url: this path is not "
     "known there"},
    {"error_422",
     {http_answer("422 Unprocessable Entity", R"({"detail": [{"loc": "priority"}]})")},
     "",
     "URL/api/tasks: the answer is an error (422): '[{\"loc\":\"priority\"}]'"},
    {"redirect",
     {http_answer("307 Temporary Redirect", "", "Location: https://other.example/api/tasks\r\n")},
     "",
     "URL/api/tasks: the answer is a redirect (307) to 'https://other.example/api/tasks'; redirects are not "
     "followed: give the url that it points to"},
    {"redirect_within",
     {http_answer("302 Found", "", "Location: /login\r\n")},
     "",
     "URL/api/tasks: the answer is a redirect (302) to 'URL/login'; redirects are not followed: give the url "
     "that it points to"},
    {"redirect_to_nowhere",
     {http_answer("304 Not Modified", "")},
     "",
     "URL/api/tasks: the answer is a redirect (304) to nowhere; redirects are not followed: give the url "
     "that "
     "it points to"},
    {"too_large", OK_ANSWER(std::string(11 << 20, ' ')), "",
     "URL/api/tasks: the answer is larger than 10485760 bytes" NOT_COORDINATOR},
    {"silent", {"", End::hang}, "", "URL/api/tasks: no complete answer within 0.2 seconds" PERHAPS_RECEIVED},
    {"stops_half_way",
     {"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"task_id\"", End::hang},
     "",
     "URL/api/tasks: no complete answer within 0.2 seconds" PERHAPS_RECEIVED},
    {"closes_at_once",
     {""},
     "",
     "URL/api/tasks: the connection broke off before the answer was complete" PERHAPS_RECEIVED},
    {"closes_half_way",
     {"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"task_id\""},
     "",
     "URL/api/tasks: the connection broke off before the answer was complete" PERHAPS_RECEIVED},
    {"no_http",
     {"SSH-2.0-OpenSSH_9.2\r\n", End::close, true},
     "",
     "URL/api/tasks: what answers there does not speak HTTP; check the port, and whether it is http:// or "
     "https://"},
};

INSTANTIATE_TEST_SUITE_P(Every, CoordinatorAnswer, testing::ValuesIn(kAnswers),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(CoordinatorClient, SaysThatNothingListens) {
  const BoundPort closed;
  const CoordinatorReply reply = CoordinatorClient(closed.url()).submit_body("{}");
  EXPECT_FALSE(reply.success);
  EXPECT_EQ(reply.error, closed.url() +
                             "/api/tasks: cannot connect: Connection refused; check that the coordinator is "
                             "running and that host and port are right");
}

TEST(CoordinatorClient, SaysThatNothingAccepts) {
  const BoundPort full;
  ASSERT_EQ(::listen(full.socket(), 0), 0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(full.socket(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::vector<FileDescriptor> waiting;  // fill the queue of connections that nobody accepts
  for (int i = 0; i < 8; ++i) {
    waiting.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::connect(waiting.back().get(), reinterpret_cast<sockaddr*>(&address), size);
  }
  CoordinatorClient client(full.url(), {}, 30, 0.2);
  EXPECT_EQ(
      client.submit_body("{}").error,
      full.url() +
          "/api/tasks: no connection within 0.2 seconds; check that the coordinator is running and that "
          "host and port are right");
}

TEST(CoordinatorClient, SaysThatAHostIsUnknown) {
  const std::string url = "http://" + std::string(64, 'a') + ".invalid";  // no name may be that long
  EXPECT_EQ(CoordinatorClient(url).submit_body("{}").error,
            url + "/api/tasks: its host name is not known; check the name, or give the address as a number");
}

TEST(CoordinatorClient, SaysThatAServerSpeaksNoTls) {
  const LoopbackServer server({http_answer("400 Bad Request", ""), End::close, true});
  CoordinatorClient client(replaced(server.url(), "http:", "https:"));
  const std::string error = client.submit_body("{}").error;
  EXPECT_NE(error.find("no TLS connection"), std::string::npos) << error;
}

TEST(CoordinatorClient, GoesToThisMachineWithoutAProxy) {
  const BoundPort closed;
  ::setenv("http_proxy", closed.url().c_str(), 1);
  const LoopbackServer server({kTaken});
  EXPECT_TRUE(CoordinatorClient(server.url()).submit_body("{}").success);
  ::unsetenv("http_proxy");
}

TEST(CoordinatorClient, AsksForATask) {
  const std::string answer = R"({"id": "t", "status": "ä"})";
  const LoopbackServer server({http_answer("200 OK", answer)});
  CoordinatorClient client(server.url(), "s3cret");
  EXPECT_EQ(client.get_task("a/../b ?#%ü\n"), answer);
  EXPECT_EQ(server.requests().at(0),
            "GET /api/tasks/a%2F..%2Fb%20%3F%23%25%C3%BC%0A HTTP/1.1\r\nHost: 127.0.0.1:" +
                std::to_string(server.port()) +
                "\r\nUser-Agent: testloom\r\nAccept: application/json\r\nX-API-Key: s3cret\r\n\r\n");
}

// The message of the Error that `call` throws, with its kind.
template <typename Call>
std::string thrown(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return std::string(kind_name(error.kind())) + ": " + error.message();
  }
  return "nothing thrown";
}

TEST(CoordinatorClient, ThrowsWhereATaskCannotBeHad) {
  const LoopbackServer server({http_answer("404 Not Found", R"({"error": "no such task"})")});
  CoordinatorClient client(server.url());
  EXPECT_EQ(thrown([&] { client.get_task("t"); }),
            "coordinator: " + server.url() + "/api/tasks/t: the answer is an error (404): 'no such task'");
  EXPECT_EQ(thrown([&] { client.get_task(""); }), "usage: a task id has 1 to 4096 bytes, not 0");
  EXPECT_EQ(thrown([&] { client.get_task(std::string(5000, 'x')); }),
            "usage: a task id has 1 to 4096 bytes, not 5000");
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(CoordinatorClient, RefusesRequirementsThatAreNoObject) {
  SubmittedTest test = some_test();
  for (const char* text : {"", "[]", "{\"a\": 1", "{} {}"}) {
    test.requirements_json = text;
    EXPECT_EQ(thrown([&] { submission_body(test); }),
              "usage: the requirements of test '0190-a' are not a JSON object");
  }
}

TEST(CoordinatorClient, KeepsTheTypesOfRequirements) {
  SubmittedTest test = some_test();
  test.requirements_json = R"({"a":[1,-2,1.5,true,null,18446744073709551615],"b":{"c":"\u0000"}})";
  const json::value body = json::parse(submission_body(test));
  EXPECT_EQ(body.at("requirements"), json::parse(test.requirements_json));
}

struct UrlCase {
  std::string url;
  const char* message;
};

TEST(CoordinatorClient, RefusesAUrlThatIsNone) {
  const UrlCase cases[] = {
      {"", "usage: '' is not a coordinator's url: it is empty"},
      {"localhost:8080",
       "usage: 'localhost:8080' is not a coordinator's url: only http:// and https:// are "
       "spoken"},
      {"coordinator",
       "usage: 'coordinator' is not a coordinator's url: it lacks http:// or https:// at its "
       "start"},
      {"ftp://u:pw@h/", "usage: 'ftp://h/' is not a coordinator's url: only http:// and https:// are spoken"},
      {"file:///etc/passwd",
       "usage: 'file:///etc/passwd' is not a coordinator's url: only http:// and "
       "https:// are spoken"},
      {"http://h/\r\nX-Evil: 1",
       "usage: 'http://h/\\r\\nX-Evil: 1' is not a coordinator's url: it holds a "
       "space or a control character"},
      {std::string("http://h\0/", 10),
       "usage: 'http://h\\x00/' is not a coordinator's url: it holds a space or "
       "a control character"},
      {"http://u%0a:p%0d@h",
       "usage: 'http://h' is not a coordinator's url: the user name holds a control "
       "character"},
      {"http://u:p%0d@h",
       "usage: 'http://h' is not a coordinator's url: the password holds a control "
       "character"},
      {"http://h?x=1",
       "usage: 'http://h?x=1' is not a coordinator's url: it has a query (the part from '?' "
       "on)"},
      {"http://h/#x",
       "usage: 'http://h/#x' is not a coordinator's url: it has a fragment (the part from '#' "
       "on)"},
  };
  for (const UrlCase& each : cases) {
    EXPECT_EQ(thrown([&] { CoordinatorClient client(each.url); }), each.message);
  }
  for (const char* url : {"http://", "http://h:99999", "http://h:x"}) {
    EXPECT_TRUE(thrown([&] { CoordinatorClient client(url); }).starts_with("usage: ")) << url;
  }
  EXPECT_TRUE(thrown([&] {
                CoordinatorClient client("http://" + std::string(9000, 'h'));
              }).ends_with("it is longer than 8192 bytes"));
}

TEST(CoordinatorClient, RefusesAKeyThatCannotStandInAHeader) {
  const std::string url = "http://127.0.0.1:1";
  const std::string bad[] = {"s3cret\r\nX: 1", "s3cret\n",   std::string("s3cret\0", 7),
                             "s3crét",         "s3cret\x7f", "\ts3cret"};
  for (const std::string& key : bad) {
    const std::string message = thrown([&] { CoordinatorClient client(url, key); });
    EXPECT_TRUE(message.ends_with("of the API key cannot stand in a header")) << message;
    EXPECT_EQ(message.find("s3c"), std::string::npos) << message;
  }
  EXPECT_EQ(thrown([&] { CoordinatorClient client(url, " s3cret"); }),
            "usage: the API key starts or ends with a space");
}

TEST(CoordinatorClient, RefusesATimeoutThatIsNone) {
  for (const double seconds : {0.0, -1.0, 1e9, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_TRUE(
        thrown([&] { CoordinatorClient client("http://h", {}, seconds); }).starts_with("usage: the time"));
    EXPECT_TRUE(
        thrown([&] { CoordinatorClient client("http://h", {}, 1, seconds); }).starts_with("usage: the time"));
  }
}

}  // namespace
}  // namespace testloom
