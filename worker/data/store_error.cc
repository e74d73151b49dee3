#include "worker/data/store_error.h"

#include <arrow/status.h>

#include <array>
#include <optional>
#include <string_view>

#include "crds/worker_contract/names.h"

namespace cresset::data {

namespace {

bool holds_any(const std::string& text, std::initializer_list<std::string_view> words) {
  for (auto word : words)
    if (text.find(word) != std::string::npos) return true;
  return false;
}

// Which of the keys a server refused, if it says that it refused one.
std::optional<std::string> refused_key(const std::string& text) {
  if (holds_any(text, {"INVALID_ACCESS_KEY_ID", "InvalidAccessKeyId", "XAdminUserNotFound",
                       "INVALID_CLIENT_TOKEN_ID", "UNRECOGNIZED_CLIENT"}))
    return std::string(", which knows no such access key; check ") + worker_contract::kAccessKeyEnv;
  if (holds_any(text, {"SIGNATURE_DOES_NOT_MATCH", "SignatureDoesNotMatch"}))
    return std::string(", which has another secret key for this access key; check ") +
           worker_contract::kSecretKeyEnv;
  if (holds_any(text, {"HTTP status 401"})) return "; check the keys";
  return std::nullopt;
}

}  // namespace

base::Error store_error(const arrow::Status& status, const std::string& doing,
                        const std::string& uri, const std::string& endpoint) {
  const std::string text = status.ToString();  // with the detail, where errno is told
  const std::string what = doing + " " + uri + ": ";
  const std::string at = endpoint.empty() ? "the provider's default endpoint" : endpoint;
  if (const auto key = refused_key(text))
    return base::unauthorized(what + "the credentials were refused by " + at + *key +
                              " in the Secret that spec.storage.secretRef names");
  if (uri.starts_with("file://") && holds_any(text, {"Permission denied", "errno 13]"}))
    return base::forbidden(what + "permission denied; check the permissions of the path");
  if (holds_any(text, {"ACCESS_DENIED", "AccessDenied", "HTTP status 403"}))
    return base::forbidden(what + "access denied by " + at +
                           "; check that the credentials in the Secret that spec.storage.secretRef "
                           "names are right and may use this path");
  if (holds_any(text, {"NO_SUCH_BUCKET", "NoSuchBucket", "ucket does not exist"}))
    return base::not_found(what + "the bucket does not exist at " + at + "; check its name");
  if (status.IsKeyError() ||
      holds_any(text, {"Path does not exist", "NO_SUCH_KEY", "NoSuchKey", "RESOURCE_NOT_FOUND",
                       "No such file or directory", "errno 2]"}))
    return base::not_found(what + "it does not exist; check the path");
  if (holds_any(text, {"NETWORK_CONNECTION", "curlCode", "timed out", "Timeout", "SLOW_DOWN",
                       "SERVICE_UNAVAILABLE", "INTERNAL_FAILURE", "HTTP status 5"}))
    return base::unavailable(what + at + " is not reached (" + text.substr(0, 200) +
                             "); check spec.storage.endpoint and the network");
  if (holds_any(text, {"No space left"})) return base::unavailable(what + "no space left");
  return status.IsInvalid() ? base::invalid(what + text.substr(0, 400))
                            : base::unavailable(what + text.substr(0, 400));
}

}  // namespace cresset::data
