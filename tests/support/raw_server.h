#pragma once
// RawServer: a TCP server whose answers a test writes byte by byte, to show a client what a good
// server never sends (or sends in odd pieces). Each connection has a thread of its own that runs
// `serve` for every request read up to its blank line and Content-Length; false closes it. Listens
// on 127.0.0.1 and a free port; the destructor closes everything.
//
//   RawServer server([](RawServer::Connection& peer, const std::string& request) {
//     return peer.write(RawServer::answer(200, "{}"));
//   });

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cresset::testing {

class RawServer {
 public:
  class Connection {
   public:
    explicit Connection(int socket) : socket_(socket) {}
    bool write(const std::string& bytes);
    // Until the peer closes; what it sends is dropped.
    void wait_for_close();
    // What the peer sends goes to 127.0.0.1:`port`, and back, until either closes.
    void join_to(uint16_t port);
    // One request: its head and body. Empty when the peer left.
    std::string read_request();

   private:
    int socket_;
    std::string pending_;
  };
  using Serve = std::function<bool(Connection& peer, const std::string& request)>;

  explicit RawServer(Serve serve);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // Heads and bodies in the order they came.
  std::vector<std::string> requests() const;

  // A whole answer with a JSON body; `headers` are lines that end in \r\n.
  static std::string answer(int status, const std::string& body, const std::string& headers = "");

 private:
  void accept_all();
  void serve_one(int socket);

  Serve serve_;
  int listener_ = -1;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::atomic<bool> closing_ = false;
  std::thread acceptor_;
};

}  // namespace cresset::testing
