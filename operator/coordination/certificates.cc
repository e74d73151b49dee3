#include "operator/coordination/certificates.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>

namespace cresset::coordination {

using base::Result;
using base::WallTime;

namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* value) const {
    Free(value);
  }
};
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

base::Failure failed(const std::string& doing) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return base::fail(base::internal(doing + ": " + text.data()));
}

Bio bio_of(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string hex_of(const unsigned char* bytes, size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

Result<Certificate> read_certificate(const std::string& pem) {
  Certificate certificate(PEM_read_bio_X509(bio_of(pem).get(), nullptr, nullptr, nullptr));
  if (!certificate) return failed("reading a certificate");
  return certificate;
}

Result<Key> read_key(const std::string& pem) {
  Key key(PEM_read_bio_PrivateKey(bio_of(pem).get(), nullptr, nullptr, nullptr));
  if (!key) return failed("reading a private key");
  return key;
}

Result<KeyPair> write(const Certificate& certificate, const Key& key) {
  Bio certificate_bio(BIO_new(BIO_s_mem()));
  Bio key_bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_bio.get(), certificate.get()) != 1 ||
      PEM_write_bio_PrivateKey(key_bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1)
    return failed("writing a certificate");
  return KeyPair{text_of(certificate_bio), text_of(key_bio)};
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// A certificate of `key` with everything but extensions and signature.
Result<Certificate> begin(const Key& key, const std::string& common_name, WallTime now,
                          std::chrono::seconds lifetime) {
  Certificate certificate(X509_new());
  std::array<unsigned char, 16> serial{};
  if (!certificate || RAND_bytes(serial.data(), serial.size()) != 1)
    return failed("making a serial number");
  serial[0] &= 0x7f;
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(
      BN_bin2bn(serial.data(), serial.size(), nullptr));
  const auto start = std::chrono::floor<std::chrono::seconds>(now) - std::chrono::hours(1);
  const auto end = std::chrono::floor<std::chrono::seconds>(now) + lifetime;
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.c_str());
  const bool made =
      X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get())) != nullptr &&
      ASN1_TIME_set(X509_getm_notBefore(certificate.get()), start.time_since_epoch().count()) !=
          nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(certificate.get()), end.time_since_epoch().count()) !=
          nullptr &&
      X509_set_pubkey(certificate.get(), key.get()) == 1 &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1;
  if (!made) return failed("filling a certificate");
  return certificate;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string all;
  for (const auto& name : names) {
    std::array<unsigned char, 16> address{};
    const bool is_address = inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
                            inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
    all += (all.empty() ? "" : ",") + std::string(is_address ? "IP:" : "DNS:") + name;
  }
  return all;
}

}  // namespace

Result<KeyPair> make_ca(const std::string& common_name, WallTime now,
                        std::chrono::seconds lifetime) {
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return failed("making a key");
  CRESSET_TRY(certificate, begin(key, common_name, now, lifetime));
  X509* raw = certificate.get();
  X509_set_issuer_name(raw, X509_get_subject_name(raw));
  const bool made = add_extension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    add_extension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(raw, raw, NID_subject_key_identifier, "hash") &&
                    X509_sign(raw, key.get(), EVP_sha256()) > 0;
  if (!made) return failed("signing a CA");
  return write(certificate, key);
}

Result<KeyPair> issue(const KeyPair& ca, const std::vector<std::string>& names, WallTime now,
                      std::chrono::seconds lifetime) {
  if (names.empty()) return base::fail(base::invalid("a serving certificate needs a name"));
  CRESSET_TRY(issuer, read_certificate(ca.certificate_pem));
  CRESSET_TRY(issuer_key, read_key(ca.key_pem));
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return failed("making a key");
  CRESSET_TRY(certificate, begin(key, names.front().substr(0, 64), now, lifetime));
  X509* raw = certificate.get();
  X509_set_issuer_name(raw, X509_get_subject_name(issuer.get()));
  const bool made =
      add_extension(raw, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(raw, issuer.get(), NID_key_usage, "critical,digitalSignature") &&
      add_extension(raw, issuer.get(), NID_ext_key_usage, "serverAuth") &&
      add_extension(raw, issuer.get(), NID_authority_key_identifier, "keyid") &&
      add_extension(raw, issuer.get(), NID_subject_alt_name, alternative_names(names)) &&
      X509_sign(raw, issuer_key.get(), EVP_sha256()) > 0;
  if (!made) return failed("signing a serving certificate");
  return write(certificate, key);
}

Result<WallTime> not_after(const std::string& pem) {
  CRESSET_TRY(certificate, read_certificate(pem));
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &parts) != 1)
    return failed("reading the end of a certificate");
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return hex_of(digest.data(), size);
}

Result<std::string> random_hex(size_t bytes) {
  std::vector<unsigned char> random(bytes);
  if (RAND_bytes(random.data(), static_cast<int>(bytes)) != 1) return failed("asking for random");
  return hex_of(random.data(), bytes);
}

}  // namespace cresset::coordination
