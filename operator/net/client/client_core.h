#pragma once
// ClientCore: what the exchanges of one client share on one Loop: its options, its pool, those that
// run, and the TLS settings in force, which may be replaced while they run. Shared by the client
// and its exchanges; all but the TLS settings belongs to the Loop. Private to net.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

#include "operator/net/client/http_client.h"
#include "operator/net/client/pool.h"

namespace cresset::net {

class Exchange;

// Replaced as a whole, so that a handshake never sees half of a change.
struct Secure {
  TlsContext context;
  std::string server_name;
  bool skip_verify = false;
};

base::Result<Secure> make_secure(const TlsOptions& options);

struct ClientCore {
  ClientCore(boost::asio::io_context& where, const ClientOptions& with);
  // Made on first use, since it reads the trust store. Any thread.
  base::Result<Secure> secure();
  // For connections opened from now on; those opened before are not pooled again. Any thread.
  void use(Secure secure);
  bool is_current(const TlsContext& context);

  boost::asio::io_context& context;
  const ClientOptions options;
  Pool pool;
  std::unordered_set<Exchange*> running;
  bool closed = false;

 private:
  std::mutex mutex_;
  std::optional<base::Result<Secure>> secure_;
};

}  // namespace cresset::net
