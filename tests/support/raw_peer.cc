#include "tests/support/raw_peer.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace cresset::testing {

namespace {

size_t content_length(std::string_view head) {
  const size_t at = head.find("Content-Length: ");
  if (at == std::string_view::npos) return 0;
  return std::strtoul(std::string(head.substr(at + 16, 20)).c_str(), nullptr, 10);
}

}  // namespace

RawPeer::RawPeer(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{kPatienceSeconds, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    std::perror("RawPeer: connect");
}

RawPeer::~RawPeer() { ::close(socket_); }

bool RawPeer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

void RawPeer::finish_sending() { ::shutdown(socket_, SHUT_WR); }

void RawPeer::take(size_t size) {
  std::string piece(size, '\0');
  if (size == 0) return;
  const ssize_t got = ::recv(socket_, piece.data(), piece.size(), 0);
  if (got > 0) pending_.append(piece, 0, static_cast<size_t>(got));
}

bool RawPeer::receive() {
  char piece[16384];
  const ssize_t size = ::recv(socket_, piece, sizeof piece, 0);
  if (size <= 0) return false;
  pending_.append(piece, static_cast<size_t>(size));
  return true;
}

std::string RawPeer::read_answer(bool head_only) {
  size_t end = 0;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos)
    if (!receive()) return "";
  size_t whole = end + 4;
  if (!head_only) whole += content_length(std::string_view(pending_).substr(0, end));
  while (pending_.size() < whole)
    if (!receive()) return "";
  std::string answer = pending_.substr(0, whole);
  pending_.erase(0, whole);
  return answer;
}

std::string RawPeer::read_to_end() {
  while (receive()) {
  }
  return std::exchange(pending_, "");
}

bool RawPeer::closed_by_server() {
  char byte = 0;
  return pending_.empty() && ::recv(socket_, &byte, 1, 0) == 0;
}

}  // namespace cresset::testing
