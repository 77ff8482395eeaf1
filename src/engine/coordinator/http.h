// One HTTP exchange at a time with one server, over libcurl: hands out the status and the body, or an Error
// of kind coordinator that says what went wrong on the way and what to do. Knows nothing of tests or JSON.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "testloom/error.h"

namespace testloom {

struct HttpAddress {
  std::string url;   // http or https, without credentials, without '/' at its end
  std::string user;  // from user:password@host
  std::string password;
  bool loopback = false;  // this machine itself, which no proxy stands before
};

// Throws an Error (usage) on anything that is not a plain http or https address.
HttpAddress parse_http_address(std::string_view url);

struct HttpLimits {
  double timeout_seconds = 30;         // the whole exchange
  double connect_timeout_seconds = 5;  // its first part, up to an open connection
  size_t largest_body = size_t{10} << 20;
};

struct HttpRequest {
  std::string path = {};  // appended to the address's url; starts with '/'
  bool post = false;
  std::string_view body = {};             // of a post
  std::vector<std::string> headers = {};  // "Name: value"
};

struct HttpAnswer {
  long status = 0;
  std::string body;
  std::string redirect;  // where a 3xx points to; redirects are not followed
};

// Keeps the connection open between exchanges. Used by one thread at a time.
class HttpConnection {
 public:
  // Throws an Error (usage) on limits that are not positive.
  HttpConnection(HttpAddress address, HttpLimits limits);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  HttpAnswer send(const HttpRequest& request);
  const HttpAddress& address() const { return address_; }

 private:
  struct Handle;
  HttpAddress address_;
  HttpLimits limits_;
  std::unique_ptr<Handle> handle_;
};

// Bytes as they may stand in a path segment: all but letters, digits and -._~ as %XX.
std::string percent_encoded(std::string_view bytes);

}  // namespace testloom
