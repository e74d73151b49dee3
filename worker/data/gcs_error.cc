#include "worker/data/gcs_error.h"

#include <arrow/status.h>

#include <string_view>

#include "crds/worker_contract/names.h"

namespace cresset::data {

namespace {

constexpr std::string_view kStatus = "google::cloud::Status(";
constexpr std::string_view kBeforeWords = "with a last message of ";
constexpr std::string_view kAfterWords = " error_info=";
constexpr std::string_view kNoToken = "Could not create a OAuth2 access token";
constexpr std::string_view kBeforeReason = "underlying error message was: ";
// Of Arrow: "… file or directory", "… directory".
constexpr std::string_view kNothingThere = "No such ";
// What Arrow says of an answer that breaks off again and again.
constexpr std::string_view kBrokenOff = "operation on closed file";
constexpr size_t kMostWords = 300;

// "UNAVAILABLE" of "google::cloud::Status(UNAVAILABLE: …"; "" = Arrow's own words.
std::string code_in(const std::string& text) {
  const size_t at = text.find(kStatus);
  if (at == std::string::npos) return "";
  const size_t begin = at + kStatus.size();
  return text.substr(begin, text.find(':', begin) - begin);
}

// What the server, or who failed to reach it, said last.
std::string words_in(const std::string& text) {
  const size_t at = text.find(kBeforeWords);
  const size_t begin = at == std::string::npos ? 0 : at + kBeforeWords.size();
  std::string words = text.substr(begin, text.find(kAfterWords, begin) - begin);
  if (const size_t reason = words.find(kBeforeReason); reason != std::string::npos)
    words = words.substr(reason + kBeforeReason.size());
  while (words.ends_with('.')) words.pop_back();
  return words.substr(0, kMostWords);
}

std::string what_to_check(const Credentials& credentials) {
  if (!credentials.google_key.empty())
    return std::string("; check ") + worker_contract::kGoogleKeyEnv +
           " in the Secret that spec.storage.secretRef names, and what its account may do";
  if (credentials.google_identity)
    return "; check what the service account of the pods may do at Google";
  return "; without a Secret in spec.storage.secretRef and without a serviceAccountName only what "
         "everybody may use is within reach";
}

// Nobody told who asks: no metadata server, or a file that cannot be used.
base::Error no_token(const std::string& code, const std::string& what, const std::string& said) {
  const std::string words = what + "Google gave no token for the pod's identity" + said +
                            "; check the service account of the pods, or the file that " +
                            worker_contract::kGoogleFileEnv + " names";
  return code == "UNAVAILABLE" ? base::unavailable(words) : base::unauthorized(words);
}

}  // namespace

bool is_answer_of_google(const arrow::Status& status) { return !code_in(status.message()).empty(); }

base::Error gcs_error(const arrow::Status& status, const std::string& doing, const std::string& uri,
                      const std::string& endpoint, const Credentials& credentials) {
  const std::string code = code_in(status.message()), words = words_in(status.message());
  const std::string what = doing + " " + uri + ": ", said = " (" + words + ")";
  const std::string at = endpoint.empty() ? "Google Cloud Storage" : endpoint;
  if (status.message().find(kNoToken) != std::string::npos) return no_token(code, what, said);
  if (code == "UNAUTHENTICATED")
    return base::unauthorized(what + "the credentials were refused by " + at + said +
                              what_to_check(credentials));
  if (code == "PERMISSION_DENIED")
    return base::forbidden(what + "access denied by " + at + said + what_to_check(credentials));
  if (code == "NOT_FOUND" || words.starts_with(kNothingThere))
    return base::not_found(what + "it does not exist; check the path");
  if (code == "INVALID_ARGUMENT" || code == "FAILED_PRECONDITION" || code == "OUT_OF_RANGE")
    return base::invalid(what + at + " answered what is not understood" + said +
                         "; check spec.storage.endpoint");
  if (words.find(kBrokenOff) != std::string::npos)
    return base::unavailable(what + "what " + at + " sends breaks off" + said +
                             "; check the network");
  if (code.empty())
    return base::invalid(what + words);  // of Arrow alone: a name that it cannot use
  return base::unavailable(what + at + " is not reached" + said +
                           "; check spec.storage.endpoint and the network");
}

}  // namespace cresset::data
