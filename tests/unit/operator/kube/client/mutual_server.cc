#include "tests/unit/operator/kube/client/mutual_server.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace cresset::kube {

namespace {

using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Connection = std::unique_ptr<SSL, decltype(&SSL_free)>;

void demand(bool good) {
  if (!good) std::abort();
}

Memory memory(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

Certificate certificate(const std::string& pem) {
  return {PEM_read_bio_X509(memory(pem).get(), nullptr, nullptr, nullptr), X509_free};
}

std::string common_name(SSL* ssl) {
  const Certificate peer(SSL_get1_peer_certificate(ssl), X509_free);
  char name[128] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(peer.get()), NID_commonName, name, sizeof name);
  return name;
}

// Up to and with its blank line; empty when the peer left.
std::string read_head(SSL* ssl) {
  std::string head;
  char byte = 0;
  while (!head.ends_with("\r\n\r\n")) {
    if (SSL_read(ssl, &byte, 1) != 1) return "";
    head += byte;
  }
  return head;
}

}  // namespace

bool MutualServer::Peer::write(const std::string& bytes) const {
  return SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size())) > 0;
}

void MutualServer::Peer::wait_for_close() const {
  char byte = 0;
  while (SSL_read(ssl, &byte, 1) == 1) continue;
}

MutualServer::MutualServer(const testing::Pair& own, const std::string& client_ca, Serve serve)
    : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free), serve_(std::move(serve)) {
  signal(SIGPIPE, SIG_IGN);
  const Key key(PEM_read_bio_PrivateKey(memory(own.key_pem).get(), nullptr, nullptr, nullptr),
                EVP_PKEY_free);
  demand(SSL_CTX_use_certificate(context_.get(), certificate(own.certificate_pem).get()) == 1);
  demand(SSL_CTX_use_PrivateKey(context_.get(), key.get()) == 1);
  X509_STORE* trusted = SSL_CTX_get_cert_store(context_.get());
  demand(X509_STORE_add_cert(trusted, certificate(client_ca).get()) == 1);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  demand(bind(listener_, generic, size) == 0 && listen(listener_, 16) == 0);
  demand(getsockname(listener_, generic, &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

MutualServer::~MutualServer() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
  for (const int socket : sockets_) close(socket);
  close(listener_);
}

void MutualServer::accept_all() {
  for (;;) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    if (closing_) return;
    threads_.emplace_back([this, socket] { serve_one(socket); });
  }
}

void MutualServer::serve_one(int socket) {
  const Connection ssl(SSL_new(context_.get()), SSL_free);
  SSL_set_fd(ssl.get(), socket);
  if (SSL_accept(ssl.get()) == 1) {
    const Peer peer{ssl.get(), common_name(ssl.get())};
    for (;;) {
      const std::string request = read_head(ssl.get());
      if (request.empty() || !serve_(peer, request)) break;
    }
  }
  shutdown(socket, SHUT_RDWR);
}

}  // namespace cresset::kube
