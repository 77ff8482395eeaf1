// A server on a socket of this machine for the tests of clients: records the bytes of every request and
// answers what the test says, well-formed or not.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/files.h"

namespace testloom {

// What the server does with each connection.
struct Reaction {
  enum class End {
    keep,
    close,
    hang
  };  // after the answer: wait for the next request, close, say nothing more
  std::string answer;
  End end = End::close;
  bool before_request = false;  // answers as soon as somebody connects
};

// A whole HTTP answer with its length.
inline std::string http_answer(std::string_view status, std::string_view body,
                               std::string_view headers = "") {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: application/json\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

// A socket bound to a free port of 127.0.0.1, not listening yet: whoever connects is refused.
class BoundPort {
 public:
  BoundPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_.get(), plain, size) != 0 || ::getsockname(socket_.get(), plain, &size) != 0) {
      throw std::runtime_error("cannot bind a port of 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
  }
  int socket() const { return socket_.get(); }
  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  FileDescriptor socket_;
  int port_ = 0;
};

class LoopbackServer {
 public:
  explicit LoopbackServer(Reaction reaction)
      : reaction_(std::move(reaction)), stop_(::eventfd(0, EFD_CLOEXEC)) {
    if (::listen(bound_.socket(), 16) != 0) throw std::runtime_error("cannot listen");
    thread_ = std::thread([this] { serve(); });
  }
  ~LoopbackServer() {
    const uint64_t one = 1;
    if (::write(stop_.get(), &one, sizeof one) != sizeof one) std::abort();
    thread_.join();
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  int port() const { return bound_.port(); }
  std::string url() const { return bound_.url(); }
  std::vector<std::string> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }
  int connections() const {
    const std::scoped_lock lock(mutex_);
    return connections_;
  }

 private:
  // False when the server is to stop.
  bool wait_for(int descriptor) const {
    pollfd waiting[2] = {{descriptor, POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    ::poll(waiting, 2, -1);
    return waiting[1].revents == 0;
  }

  void serve() {
    while (wait_for(bound_.socket())) {
      const FileDescriptor client(::accept4(bound_.socket(), nullptr, nullptr, SOCK_CLOEXEC));
      {
        const std::scoped_lock lock(mutex_);
        ++connections_;
      }
      if (reaction_.before_request) answer(client.get());
      while (read_request(client.get())) {
        if (!reaction_.before_request) answer(client.get());
      }
    }
  }

  void answer(int client) const {
    std::string_view rest = reaction_.answer;
    while (!rest.empty()) {
      const ssize_t sent = ::send(client, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      rest.remove_prefix(static_cast<size_t>(sent));
    }
    if (reaction_.end == Reaction::End::close) ::shutdown(client, SHUT_WR);
  }

  static size_t length_of_body(std::string_view head) {
    constexpr std::string_view name = "\r\nContent-Length: ";
    const size_t at = head.find(name);
    return at == std::string_view::npos ? 0 : std::stoul(std::string(head.substr(at + name.size(), 20)));
  }

  // Records one whole request. False when the other side has closed or the server is to stop.
  bool read_request(int client) {
    std::string bytes;
    size_t complete = std::string::npos;
    while (bytes.size() < complete) {
      char buffer[65536];
      if (!wait_for(client)) return false;
      const ssize_t count = ::recv(client, buffer, sizeof buffer, 0);
      if (count <= 0) return false;
      bytes.append(buffer, static_cast<size_t>(count));
      const size_t end = bytes.find("\r\n\r\n");
      if (complete == std::string::npos && end != std::string::npos) {
        complete = end + 4 + length_of_body(std::string_view(bytes).substr(0, end + 2));
      }
    }
    const std::scoped_lock lock(mutex_);
    requests_.push_back(std::move(bytes));
    return true;
  }

  Reaction reaction_;
  BoundPort bound_;
  FileDescriptor stop_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  int connections_ = 0;
  std::thread thread_;
};

}  // namespace testloom
