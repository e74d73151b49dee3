#include "tests/support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace cresset::testing {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void demand(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "making a test certificate failed: %s\n", what);
  std::abort();
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  demand(key != nullptr, "key");
  return key;
}

std::string drain(BIO* memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  std::string text(bytes, static_cast<size_t>(size));
  BIO_free(memory);
  return text;
}

std::string pem_of(X509* certificate) {
  BIO* memory = BIO_new(BIO_s_mem());
  demand(PEM_write_bio_X509(memory, certificate) == 1, "PEM of a certificate");
  return drain(memory);
}

std::string pem_of(EVP_PKEY* key) {
  BIO* memory = BIO_new(BIO_s_mem());
  demand(PEM_write_bio_PrivateKey(memory, key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
         "PEM of a key");
  return drain(memory);
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  demand(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, value.c_str());
  X509_EXTENSION_free(extension);
}

Certificate make_certificate(const std::string& common_name, EVP_PKEY* key, long seconds) {
  static std::atomic<long> serial{1};
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), seconds);
  demand(X509_set_pubkey(certificate.get(), key) == 1, "public key");
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  demand(X509_sign(certificate, issuer_key, EVP_sha256()) > 0, "signature");
}

std::string alternatives(const Subject& subject) {
  std::string text;
  for (const auto& name : subject.names) text += (text.empty() ? "DNS:" : ",DNS:") + name;
  for (const auto& address : subject.addresses) text += (text.empty() ? "IP:" : ",IP:") + address;
  return text;
}

}  // namespace

struct TestAuthority::Impl {
  Key key = make_key();
  Certificate certificate{nullptr, X509_free};
  std::string pem;
};

TestAuthority::TestAuthority(const std::string& common_name) : impl_(std::make_unique<Impl>()) {
  impl_->certificate = make_certificate(common_name, impl_->key.get(), 86400);
  X509* self = impl_->certificate.get();
  extend(self, self, NID_basic_constraints, "critical,CA:TRUE");
  extend(self, self, NID_key_usage, "critical,keyCertSign,cRLSign");
  sign(self, self, impl_->key.get());
  impl_->pem = pem_of(self);
}

TestAuthority::~TestAuthority() = default;

const std::string& TestAuthority::ca_pem() const { return impl_->pem; }

Pair TestAuthority::issue(const Subject& subject) const {
  const Key key = make_key();
  const Certificate certificate = make_certificate(subject.common_name, key.get(), subject.seconds);
  extend(certificate.get(), impl_->certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  if (const std::string text = alternatives(subject); !text.empty())
    extend(certificate.get(), impl_->certificate.get(), NID_subject_alt_name, text);
  sign(certificate.get(), impl_->certificate.get(), impl_->key.get());
  return {pem_of(certificate.get()), pem_of(key.get())};
}

}  // namespace cresset::testing
