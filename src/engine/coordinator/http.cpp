#include "engine/coordinator/http.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <new>
#include <system_error>
#include <utility>

#include "base/text.h"

namespace testloom {

namespace {

constexpr size_t kLongestUrl = 8192;
constexpr double kLongestTimeout = 86400;

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

// A part of the url, empty where it has none.
std::string part_of(const Url& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

// The url for a message about it: whatever might be a password is left out.
std::string without_credentials(std::string_view url) {
  const size_t at = url.rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  const size_t scheme = url.find("://");
  const size_t start = scheme == std::string_view::npos || scheme > at ? 0 : scheme + 3;
  return std::string(url.substr(0, start)) + std::string(url.substr(at + 1));
}

[[noreturn]] void refuse(std::string_view url, std::string_view reason) {
  throw Error(ErrorKind::usage,
              fmt::format("{} is not a coordinator's url: {}", quote(without_credentials(url)), reason),
              "give its address as in http://localhost:8080");
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "[::1]";
}

void check_seconds(double seconds, std::string_view what) {
  if (seconds > 0 && seconds <= kLongestTimeout) return;
  throw Error(ErrorKind::usage, fmt::format("{} is {} seconds", what, seconds),
              fmt::format("give a time above 0 and up to {} seconds", kLongestTimeout));
}

long milliseconds(double seconds) { return std::max(1L, std::lround(seconds * 1000)); }

}  // namespace

HttpAddress parse_http_address(std::string_view text) {
  if (text.empty()) refuse(text, "it is empty");
  if (text.size() > kLongestUrl) refuse(text, fmt::format("it is longer than {} bytes", kLongestUrl));
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F) refuse(text, "it holds a space or a control character");
  }
  const Url url(curl_url());
  if (!url) throw std::bad_alloc();
  const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0);
  if (code == CURLUE_UNSUPPORTED_SCHEME) refuse(text, "only http:// and https:// are spoken");
  if (code == CURLUE_BAD_SCHEME) refuse(text, "it lacks http:// or https:// at its start");
  if (code != CURLUE_OK) refuse(text, curl_url_strerror(code));
  const std::string scheme = part_of(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") refuse(text, "only http:// and https:// are spoken");
  if (text.find('?') != std::string_view::npos) refuse(text, "it has a query (the part from '?' on)");
  if (text.find('#') != std::string_view::npos) refuse(text, "it has a fragment (the part from '#' on)");

  HttpAddress address;
  address.user = part_of(url, CURLUPART_USER, CURLU_URLDECODE);
  address.password = part_of(url, CURLUPART_PASSWORD, CURLU_URLDECODE);
  if (address.user.empty() && !part_of(url, CURLUPART_USER).empty()) {
    refuse(text, "the user name holds a control character");
  }
  if (address.password.empty() && !part_of(url, CURLUPART_PASSWORD).empty()) {
    refuse(text, "the password holds a control character");
  }
  curl_url_set(url.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_PASSWORD, nullptr, 0);
  address.loopback = is_loopback(part_of(url, CURLUPART_HOST));
  address.url = part_of(url, CURLUPART_URL);
  while (address.url.ends_with('/')) address.url.pop_back();
  return address;
}

std::string percent_encoded(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

struct HttpConnection::Handle {
  Handle() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    curl = curl_easy_init();
    if (!curl) throw std::bad_alloc();
  }
  ~Handle() { curl_easy_cleanup(curl); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  CURL* curl = nullptr;
  char reason[CURL_ERROR_SIZE] = {};
};

namespace {

struct Receiver {
  std::string body;
  size_t limit;
  bool too_large = false;
};

size_t receive(char* bytes, size_t size, size_t count, void* user) {
  auto& receiver = *static_cast<Receiver*>(user);
  if (receiver.body.size() + size * count > receiver.limit) {
    receiver.too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  receiver.body.append(bytes, size * count);
  return size * count;
}

struct HeaderList {
  ~HeaderList() { curl_slist_free_all(list); }
  void add(const std::string& header) {
    curl_slist* longer = curl_slist_append(list, header.c_str());
    if (!longer) throw std::bad_alloc();
    list = longer;
  }
  curl_slist* list = nullptr;
};

void set_options(CURL* curl, const HttpAddress& address, const HttpLimits& limits) {
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, milliseconds(limits.timeout_seconds));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(limits.connect_timeout_seconds));
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "testloom");
  if (address.loopback) curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  if (address.user.empty() && address.password.empty()) return;
  curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
  curl_easy_setopt(curl, CURLOPT_USERNAME, address.user.c_str());
  curl_easy_setopt(curl, CURLOPT_PASSWORD, address.password.c_str());
}

constexpr std::string_view kPerhapsReceived =
    "the request may have arrived all the same: look there before you send it again";

// What a failed exchange with `url` means and what to do about it.
Error failure(CURLcode code, CURL* curl, const char* reason, const std::string& url,
              const HttpLimits& limits) {
  const auto error = [&](std::string_view what, std::string_view hint) {
    return Error(ErrorKind::coordinator, fmt::format("{}: {}", url, what), std::string(hint));
  };
  const std::string why = printable(*reason ? reason : curl_easy_strerror(code));
  constexpr std::string_view check_place =
      "check that the coordinator is running and that host and port are right";
  curl_off_t ready_to_send = 0;
  long system_error = 0;
  curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &ready_to_send);
  curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &system_error);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return error("its host name is not known", "check the name, or give the address as a number");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return error("the proxy's host name is not known",
                   "check the environment variables http_proxy, https_proxy and no_proxy");
    case CURLE_COULDNT_CONNECT:
      return error(system_error
                       ? "cannot connect: " + std::system_category().message(static_cast<int>(system_error))
                       : "cannot connect: " + why,
                   check_place);
    case CURLE_OPERATION_TIMEDOUT:
      if (ready_to_send > 0) {
        return error(fmt::format("no complete answer within {} seconds", limits.timeout_seconds),
                     kPerhapsReceived);
      }
      return error(fmt::format("no connection within {} seconds",
                               std::min(limits.connect_timeout_seconds, limits.timeout_seconds)),
                   check_place);
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return error("the connection broke off before the answer was complete", kPerhapsReceived);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return error("what answers there does not speak HTTP",
                   "check the port, and whether it is http:// or https://");
    case CURLE_SSL_CONNECT_ERROR:
      return error(fmt::format("no TLS connection ({})", why), "check whether it is http:// or https://");
    case CURLE_PEER_FAILED_VERIFICATION:
      return error(fmt::format("its certificate is not trusted ({})", why),
                   "add its certificate authority to this machine's trusted ones");
    default:
      return error(why, kPerhapsReceived);
  }
}

}  // namespace

HttpConnection::HttpConnection(HttpAddress address, HttpLimits limits)
    : address_(std::move(address)), limits_(limits) {
  check_seconds(limits_.timeout_seconds, "the timeout");
  check_seconds(limits_.connect_timeout_seconds, "the timeout for connecting");
  handle_ = std::make_unique<Handle>();
}

HttpConnection::~HttpConnection() = default;

HttpAnswer HttpConnection::send(const HttpRequest& request) {
  CURL* curl = handle_->curl;
  curl_easy_reset(curl);  // keeps open connections
  set_options(curl, address_, limits_);
  handle_->reason[0] = '\0';
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, handle_->reason);

  const std::string url = address_.url + request.path;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  HeaderList headers;
  for (const std::string& header : request.headers) headers.add(header);
  if (request.post) {
    headers.add("Expect:");  // sends a large body at once instead of waiting to be asked for it
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.list);
  Receiver receiver{{}, limits_.largest_body};
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receiver);

  const CURLcode code = curl_easy_perform(curl);
  if (receiver.too_large) {
    throw Error(ErrorKind::coordinator,
                fmt::format("{}: the answer is larger than {} bytes", url, limits_.largest_body),
                "check that this is the coordinator");
  }
  if (code != CURLE_OK) throw failure(code, curl, handle_->reason, url, limits_);
  HttpAnswer answer{0, std::move(receiver.body), {}};
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  const char* redirect = nullptr;
  curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &redirect);
  if (redirect) answer.redirect = redirect;
  return answer;
}

}  // namespace testloom
