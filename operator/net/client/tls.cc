#include "operator/net/client/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace cresset::net {

namespace ssl = boost::asio::ssl;

namespace {

using boost::system::error_code;

base::Failure bad(const std::string& what, const error_code& error) {
  return base::fail(base::invalid(what + ": " + error.message()));
}

void set_common(ssl::context& context) {
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
}

base::Result<void> use_pair(ssl::context& context, const std::string& certificate,
                            const std::string& key) {
  error_code error;
  context.use_certificate_chain(boost::asio::buffer(certificate), error);
  if (error) return bad("the TLS certificate is not PEM", error);
  context.use_private_key(boost::asio::buffer(key), ssl::context::pem, error);
  if (error) return bad("the TLS key is not the PEM key of its certificate", error);
  return {};
}

base::Result<void> trust(ssl::context& context, const std::string& bundle, const char* what) {
  error_code error;
  context.add_certificate_authority(boost::asio::buffer(bundle), error);
  if (error) return bad(what + std::string(" must hold certificates as PEM"), error);
  return {};
}

}  // namespace

base::Result<TlsContext> make_client_context(const TlsOptions& options) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  set_common(*context);
  error_code error;
  if (options.ca_pem.empty())
    context->set_default_verify_paths(error);
  else
    CRESSET_CHECK(trust(*context, options.ca_pem, "the CA bundle"));
  if (error) return bad("the system's CAs cannot be read", error);
  if (!options.extra_ca_pem.empty())
    CRESSET_CHECK(trust(*context, options.extra_ca_pem, "the bundle of extra CAs"));
  if (options.certificate_pem.empty() != options.key_pem.empty())
    return base::fail(base::invalid("a client certificate and its key go together: only the " +
                                    std::string(options.key_pem.empty() ? "certificate" : "key") +
                                    " was given"));
  if (!options.certificate_pem.empty())
    CRESSET_CHECK(use_pair(*context, options.certificate_pem, options.key_pem));
  return context;
}

base::Result<TlsContext> make_server_context(const std::string& certificate_pem,
                                             const std::string& key_pem) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  set_common(*context);
  CRESSET_CHECK(use_pair(*context, certificate_pem, key_pem));
  return context;
}

bool is_ip_address(const std::string& text) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(AF_INET, text.c_str(), address) == 1 ||
         inet_pton(AF_INET6, text.c_str(), address) == 1;
}

base::Result<void> expect_peer(SSL* ssl, const std::string& name, bool skip_verify) {
  const bool address = is_ip_address(name);
  if (!address && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1)
    return base::fail(base::invalid("\"" + name + "\" cannot be a TLS server name"));
  if (skip_verify) {
    SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
    return {};
  }
  SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int set = address ? X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str())
                          : X509_VERIFY_PARAM_set1_host(expected, name.data(), name.size());
  if (set != 1)
    return base::fail(base::invalid("\"" + name + "\" cannot be verified as a TLS peer"));
  return {};
}

std::string refusal(SSL* ssl) {
  const long result = SSL_get_verify_result(ssl);
  return result == X509_V_OK ? "" : X509_verify_cert_error_string(result);
}

}  // namespace cresset::net
