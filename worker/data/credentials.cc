#include "worker/data/credentials.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <memory>

#include "crds/worker_contract/names.h"
#include "operator/base/file.h"
#include "operator/base/json.h"

namespace cresset::data {

namespace contract = worker_contract;

namespace {

std::string variable(const char* name) { return base::environment(name).value_or(""); }

// Nobody is asked for a password, of which service accounts have none.
int no_password(char*, int, int, void*) { return -1; }

bool is_private_key(const std::string& pem) {
  const std::unique_ptr<BIO, int (*)(BIO*)> text(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      PEM_read_bio_PrivateKey(text.get(), nullptr, no_password, nullptr), EVP_PKEY_free);
  ERR_clear_error();
  return key != nullptr;
}

}  // namespace

Credentials credentials_from_environment() {
  Credentials credentials;
  credentials.access_key = variable(contract::kAccessKeyEnv);
  credentials.secret_key = variable(contract::kSecretKeyEnv);
  credentials.session_token = variable(contract::kSessionTokenEnv);
  credentials.node_identity =
      credentials.access_key.empty() && !variable("AWS_WEB_IDENTITY_TOKEN_FILE").empty();
  if (const char* key = std::getenv(contract::kGoogleKeyEnv)) credentials.google_key = key;
  credentials.google_identity = variable(contract::kGoogleIdentityEnv) == contract::kPodIdentity ||
                                !variable(contract::kGoogleFileEnv).empty();
  return credentials;
}

base::Result<void> check_google_key(const std::string& key) {
  const auto bad = [](const std::string& found) {
    return base::fail(base::unauthorized(
        std::string(contract::kGoogleKeyEnv) +
        " in the Secret that spec.storage.secretRef names must be the key of a Google service "
        "account, as the JSON text that Google gives out; found " +
        found));
  };
  const auto json = base::parse_json(key);
  if (!json || !json->is_object()) return bad("what is no JSON object");
  if (const auto type = base::text_at(*json, "/type"); type != "service_account")
    return bad("type \"" + type.substr(0, 40) + "\"");
  for (const char* field : {"client_email", "private_key"})
    if (base::text_at(*json, std::string("/") + field).empty())
      return bad("no " + std::string(field));
  if (!is_private_key(base::text_at(*json, "/private_key")))
    return bad("a private_key that is no private key in PEM");
  return {};
}

}  // namespace cresset::data
