#pragma once
// What the stores ask for, out of the environment of the pod: the kubelet fills it from the Secret
// that spec.storage.secretRef names, or the cloud gives the pod an identity of its own. Values
// only; nothing here is printed or kept elsewhere.
//
//   const Credentials credentials = credentials_from_environment();
//   CRESSET_CHECK(check_google_key(*credentials.google_key));

#include <optional>
#include <string>

#include "operator/base/result.h"

namespace cresset::data {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;
  bool node_identity = false;  // of S3: ask the provider's chain (a web identity token is mounted)
  std::optional<std::string> google_key;  // of a service account, as JSON; empty is a wrong one
  bool google_identity = false;  // ask Google's chain: the file that it names, the metadata server
};
// Nothing in any = anonymous.
Credentials credentials_from_environment();

// Whether `key` is one of a service account. Errors name the key's variable, never what it holds.
base::Result<void> check_google_key(const std::string& key);

}  // namespace cresset::data
