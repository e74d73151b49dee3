#include "operator/net/client/client_core.h"

namespace cresset::net {

base::Result<Secure> make_secure(const TlsOptions& options) {
  CRESSET_TRY(context, make_client_context(options));
  return Secure{std::move(context), options.server_name, options.insecure_skip_verify};
}

ClientCore::ClientCore(boost::asio::io_context& where, const ClientOptions& with)
    : context(where), options(with), pool(where, with) {}

base::Result<Secure> ClientCore::secure() {
  std::lock_guard lock(mutex_);
  if (!secure_) secure_ = make_secure(options.tls);
  return *secure_;
}

void ClientCore::use(Secure secure) {
  std::lock_guard lock(mutex_);
  secure_ = std::move(secure);
}

bool ClientCore::is_current(const TlsContext& context) {
  std::lock_guard lock(mutex_);
  return context == nullptr || (secure_ && *secure_ && (*secure_)->context == context);
}

}  // namespace cresset::net
