#include "worker/data/gcs_error.h"

#include <arrow/status.h>

#include <algorithm>
#include <array>
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
// What Arrow says of an answer that breaks off, or does not begin, again and again.
constexpr std::string_view kBrokenOff = "closed file";
// Of an answer that is not of GCS.
constexpr std::string_view kNoJson = "expected payload to be a JSON object";
// Of a connection that could not be made or held.
constexpr std::string_view kTransport = "CURL error";
constexpr std::array<std::string_view, 5> kSaidNo = {
    "NOT_FOUND", "PERMISSION_DENIED", "UNAUTHENTICATED", "INVALID_ARGUMENT", "FAILED_PRECONDITION"};
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

bool holds(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

std::string what_to_check(const std::string& endpoint, const Credentials& credentials) {
  const std::string key = worker_contract::kGoogleKeyEnv;
  const std::string none = "only what everybody may use is within reach";
  if (endpoint.starts_with("http://"))
    return "; to an http:// endpoint no credentials of Google's are sent, so " + none;
  if (credentials.google_key)
    return "; check " + key +
           " in the Secret that spec.storage.secretRef names, and what its account may do";
  if (credentials.google_identity)
    return "; check what the service account of the pods may do at Google";
  return "; with no " + key +
         " in a Secret that spec.storage.secretRef names, no serviceAccountName and no file that " +
         worker_contract::kGoogleFileEnv + " names, " + none;
}

// Whether who was to give a token said no, or the file is not there; else it was not reached, or
// not in time.
bool is_final(const std::string& code, const std::string& words) {
  if (code == "UNKNOWN") return !holds(words, kTransport);
  return std::ranges::find(kSaidNo, code) != kSaidNo.end();
}

base::Error no_token(const std::string& code, const std::string& what, const std::string& words,
                     const std::string& endpoint, const Credentials& credentials) {
  const std::string said = " (" + words + ")";
  const std::string told =
      credentials.google_key
          ? "the key of the account" + said + what_to_check(endpoint, credentials)
          : "the pod's identity" + said +
                "; check the service account of the pods, or the file that " +
                worker_contract::kGoogleFileEnv + " names";
  const std::string text = what + "Google gave no token for " + told;
  return is_final(code, words) ? base::unauthorized(text) : base::unavailable(text);
}

// What was asked is wrong, or who answered is no such store.
base::Error not_taken(const std::string& what, const std::string& at, const std::string& words,
                      const std::string& endpoint) {
  const std::string said = " (" + words + ")";
  if (!holds(words, kNoJson)) return base::invalid(what + "refused by " + at + said);
  return base::invalid(what + at + " answered what is not understood" + said +
                       (endpoint.empty() ? "" : "; check spec.storage.endpoint"));
}

}  // namespace

bool is_answer_of_google(const arrow::Status& status) { return !code_in(status.message()).empty(); }

base::Error gcs_error(const arrow::Status& status, const std::string& doing, const std::string& uri,
                      const std::string& endpoint, const Credentials& credentials) {
  const std::string code = code_in(status.message()), words = words_in(status.message());
  const std::string what = doing + " " + uri + ": ", said = " (" + words + ")";
  const std::string at = endpoint.empty() ? "Google Cloud Storage" : endpoint;
  if (holds(status.message(), kNoToken)) return no_token(code, what, words, endpoint, credentials);
  if (code == "UNAUTHENTICATED")
    return base::unauthorized(what + "the credentials were refused by " + at + said +
                              what_to_check(endpoint, credentials));
  if (code == "PERMISSION_DENIED")
    return base::forbidden(what + "access denied by " + at + said +
                           what_to_check(endpoint, credentials));
  if (code == "NOT_FOUND" || words.starts_with(kNothingThere))
    return base::not_found(what + "it does not exist; check the path");
  if (code == "INVALID_ARGUMENT" || code == "FAILED_PRECONDITION" || code == "OUT_OF_RANGE")
    return not_taken(what, at, words, endpoint);
  if (holds(words, kBrokenOff))
    return base::unavailable(what + "what " + at + " sends breaks off" + said +
                             "; check the network");
  if (code.empty())
    return base::invalid(what + words);  // of Arrow alone: a name that it cannot use
  return base::unavailable(
      what + at + " is not reached" + said +
      (endpoint.empty() ? "; check the network" : "; check spec.storage.endpoint and the network"));
}

}  // namespace cresset::data
