#pragma once
// The key of a Google service account that there is nowhere, as Google gives keys out. A new RSA
// key each time.

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <string>

#include "operator/base/json.h"

namespace cresset::data {

inline base::Json made_google_key() {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_RSA_gen(2048), EVP_PKEY_free);
  const std::unique_ptr<BIO, int (*)(BIO*)> pem(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(pem.get(), &text);
  return {{"type", "service_account"},
          {"client_email", "reader@project.iam.gserviceaccount.com"},
          {"private_key_id", "k1"},
          {"private_key", std::string(text, static_cast<size_t>(size))},
          {"token_uri", "https://oauth2.googleapis.com/token"}};
}

}  // namespace cresset::data
