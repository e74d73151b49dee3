#pragma once
// MutualServer: a TLS server that wants a client certificate of one authority and tells `serve` the
// name in it, for tests of whose certificate a client shows on which connection. Each connection
// has a thread; `serve` runs for each request without a body, false closes the connection. Listens
// on 127.0.0.1 and a free port; the destructor closes everything.
//
//   MutualServer server(pair, authority.ca_pem(), [](auto& peer, const std::string& request) {
//     return peer.write(testing::RawServer::answer(200, "{}"));
//   });

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/certificates.h"

namespace cresset::kube {

class MutualServer {
 public:
  struct Peer {
    SSL* ssl;
    std::string name;  // common name of the client's certificate
    bool write(const std::string& bytes) const;
    // What it sends is dropped.
    void wait_for_close() const;
  };
  using Serve = std::function<bool(const Peer& peer, const std::string& request)>;

  MutualServer(const testing::Pair& own, const std::string& client_ca, Serve serve);
  ~MutualServer();
  MutualServer(const MutualServer&) = delete;
  MutualServer& operator=(const MutualServer&) = delete;

  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }

 private:
  void accept_all();
  void serve_one(int socket);

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  Serve serve_;
  int listener_ = -1;
  int port_ = 0;
  std::mutex mutex_;
  bool closing_ = false;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace cresset::kube
