#include "tests/support/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace cresset::testing {

namespace {

size_t body_size(const std::string& head) {
  const size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool pass_on(int from, int to) {
  char buffer[16384];
  const auto got = recv(from, buffer, sizeof buffer, 0);
  return got > 0 && send_all(to, {buffer, static_cast<size_t>(got)});
}

}  // namespace

bool RawServer::Connection::write(const std::string& bytes) { return send_all(socket_, bytes); }

void RawServer::Connection::wait_for_close() {
  char buffer[4096];
  while (recv(socket_, buffer, sizeof buffer, 0) > 0) continue;
}

void RawServer::Connection::join_to(uint16_t port) {
  const int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  bool open = connect(other, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  while (open) {
    pollfd ends[] = {{socket_, POLLIN, 0}, {other, POLLIN, 0}};
    open = poll(ends, 2, -1) > 0;
    if (open && ends[0].revents != 0) open = pass_on(socket_, other);
    if (open && ends[1].revents != 0) open = pass_on(other, socket_);
  }
  close(other);
}

std::string RawServer::Connection::read_request() {
  for (;;) {
    if (const size_t end = pending_.find("\r\n\r\n"); end != std::string::npos) {
      const size_t whole = end + 4 + body_size(pending_.substr(0, end + 2));
      if (pending_.size() >= whole) {
        std::string request = pending_.substr(0, whole);
        pending_.erase(0, whole);
        return request;
      }
    }
    char buffer[4096];
    const auto got = recv(socket_, buffer, sizeof buffer, 0);
    if (got <= 0) return "";
    pending_.append(buffer, static_cast<size_t>(got));
  }
}

RawServer::RawServer(Serve serve) : serve_(std::move(serve)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, plain, size) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, plain, &size) != 0)
    std::abort();
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

RawServer::~RawServer() {
  closing_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    std::lock_guard lock(mutex_);
    for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
  for (const int socket : sockets_) close(socket);
  close(listener_);
}

std::vector<std::string> RawServer::requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

void RawServer::accept_all() {
  while (!closing_) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket] { serve_one(socket); });
  }
}

void RawServer::serve_one(int socket) {
  Connection peer(socket);
  for (std::string request = peer.read_request(); !request.empty(); request = peer.read_request()) {
    {
      std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    if (!serve_(peer, request)) break;
  }
  shutdown(socket, SHUT_RDWR);
}

std::string RawServer::answer(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Type: application/json\r\n" +
         headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace cresset::testing
