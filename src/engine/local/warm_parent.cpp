#include "engine/local/warm_parent.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/json_writer.h"
#include "engine/local/process_start.h"

namespace testloom {

namespace json = boost::json;

namespace {

std::string list_of(const std::vector<std::string>& texts) {
  JsonWriter list;
  list.begin_array();
  for (const std::string& text : texts) list.value(text);
  return list.end_array().take();
}

std::string text_of(const ForkRequest& request) {
  JsonWriter text;
  text.begin_object().member("id", request.id).member("test", request.test.native());
  text.member("result", request.result.native()).member("folder", request.folder.native());
  text.member("group", request.group).key("env").begin_object();
  for (const auto& [name, value] : request.environment) text.member(name, value);
  return text.end_object().end_object().take();
}

// What the parent says, as an event.
WarmEvent read_event(std::string_view packet) {
  const json::object said = json::parse(packet).as_object();
  const json::value* ready = said.if_contains("ready");
  if (ready) {
    if (ready->is_null()) return {WarmEvent::Kind::ready};
    return {WarmEvent::Kind::refused, 0, -1, std::string(ready->as_string())};
  }
  const int64_t id = said.at("id").as_int64();
  if (const json::value* error = said.if_contains("error"))
    return {WarmEvent::Kind::failed, id, -1, std::string(error->as_string())};
  if (const json::value* pid = said.if_contains("pid"))
    return {WarmEvent::Kind::started, id, static_cast<pid_t>(pid->as_int64()), ""};
  return {WarmEvent::Kind::ended,
          id,
          -1,
          "",
          static_cast<int>(said.at("status").as_int64()),
          said.at("maxrss").as_int64() * 1024};
}

}  // namespace

WarmParent::WarmParent(const WarmStart& request) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    start_error_ = std::strerror(errno);
    return;
  }
  socket_ = FileDescriptor(ends[0]);
  const FileDescriptor other(ends[1]);
  const FileDescriptor nothing(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  const int room = 1 << 20;
  ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  ProcessStart start;
  start.command = {request.python, (request.folder / "warm_parent.py").native(),
                   (request.folder / "runner.py").native(), list_of(request.statements)};
  start.folder = request.folder;
  start.environment = request.environment;
  start.output = nothing.get();
  start.control = other.get();
  const StartedProcess started = start_process(start);
  pid_ = started.pid;
  if (started.error != 0) start_error_ = std::strerror(started.error);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

WarmParent::~WarmParent() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::vector<WarmEvent> WarmParent::events() {
  std::vector<WarmEvent> found;
  char packet[65536];
  while (socket_) {
    const ssize_t size = ::recv(socket_.get(), packet, sizeof packet, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) break;
    if (size > 0) {
      try {
        found.push_back(read_event({packet, static_cast<size_t>(size)}));
        continue;
      } catch (const std::exception&) {  // a test has got hold of the socket: the parent is of no more use
      }
    }
    socket_.close();
    found.push_back({WarmEvent::Kind::gone, 0, -1, start_error_});
  }
  return found;
}

bool WarmParent::fork(const ForkRequest& request) {
  std::string text = text_of(request);
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &request.output, sizeof(int));
  return ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

}  // namespace testloom
