#pragma once
// RawPeer: a blocking TCP client for tests that must send a server exact bytes, in exact pieces.
// Reads give up after `kPatience`, which no passing test waits for. One thread.
//
//   RawPeer peer(server.port());
//   peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
//   std::string answer = peer.read_answer();

#include <cstdint>
#include <string>
#include <string_view>

namespace cresset::testing {

class RawPeer {
 public:
  explicit RawPeer(uint16_t port);
  ~RawPeer();
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  bool send(std::string_view bytes);
  // Reads at most `size` bytes of what comes, and keeps them for the calls below.
  void take(size_t size);
  void finish_sending();
  // One answer: head and as many body bytes as its Content-Length says ("" when closed before).
  std::string read_answer(bool head_only = false);
  // Everything until the server closes.
  std::string read_to_end();
  // True when the server closes, with nothing more sent.
  bool closed_by_server();

 private:
  static constexpr int kPatienceSeconds = 30;
  bool receive();

  int socket_;
  std::string pending_;
};

}  // namespace cresset::testing
