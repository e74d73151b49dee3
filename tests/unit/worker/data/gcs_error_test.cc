#include "worker/data/gcs_error.h"

#include <arrow/status.h>
#include <gmock/gmock.h>

#include <string>

namespace cresset::data::gcs_error_test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

base::Error error_of(const std::string& text, const Credentials& credentials = {},
                     const std::string& endpoint = "") {
  return gcs_error(arrow::Status::IOError(text), "reading", "gs://data/x.csv", endpoint,
                   credentials);
}

std::string status(const std::string& code, const std::string& words) {
  return "google::cloud::Status(" + code + ": Permanent error, with a last message of " + words +
         " error_info={reason=})";
}

TEST(GcsError, OfARefusalSaysWhatToCheckOfThoseCredentialsThatThereAre) {
  const std::string denied =
      status("PERMISSION_DENIED", "reader@project does not have storage.objects.get access.");
  EXPECT_EQ(
      error_of(denied, {.google_key = "{}"}).message(),
      R"(reading gs://data/x.csv: access denied by Google Cloud Storage (reader@project does not have storage.objects.get access); check GOOGLE_APPLICATION_CREDENTIALS_JSON in the Secret that spec.storage.secretRef names, and what its account may do)");
  EXPECT_THAT(error_of(denied, {.google_identity = true}).message(),
              EndsWith("; check what the service account of the pods may do at Google"));
  EXPECT_EQ(
      error_of(status("UNAUTHENTICATED", "Who?"), {.google_key = "{}"}, "http://gcs:4443")
          .message(),
      R"(reading gs://data/x.csv: the credentials were refused by http://gcs:4443 (Who?); to an http:// endpoint no credentials of Google's are sent, so only what everybody may use is within reach)");
  const std::string refused =
      status("UNAUTHENTICATED", "Anonymous caller does not have storage.objects.get access.");
  EXPECT_EQ(
      error_of(refused).message(),
      R"(reading gs://data/x.csv: the credentials were refused by Google Cloud Storage (Anonymous caller does not have storage.objects.get access); with no GOOGLE_APPLICATION_CREDENTIALS_JSON in a Secret that spec.storage.secretRef names, no serviceAccountName and no file that GOOGLE_APPLICATION_CREDENTIALS names, only what everybody may use is within reach)");
}

constexpr char kNoToken[] =
    "Could not create a OAuth2 access token to authenticate the request. The underlying error "
    "message was: ";

TEST(GcsError, WithoutATokenSaysWhereItWasToComeFrom) {
  const auto file =
      status("UNKNOWN", std::string(kNoToken) + "Cannot open credentials file /a.json");
  EXPECT_TRUE(base::is_unauthorized(error_of(file, {.google_identity = true})));
  EXPECT_EQ(
      error_of(file, {.google_identity = true}).message(),
      R"(reading gs://data/x.csv: Google gave no token for the pod's identity (Cannot open credentials file /a.json); check the service account of the pods, or the file that GOOGLE_APPLICATION_CREDENTIALS names)");
  const auto key = status("INVALID_ARGUMENT", std::string(kNoToken) + "Account has been deleted");
  EXPECT_EQ(
      error_of(key, {.google_key = "{}", .google_identity = true}).message(),
      R"(reading gs://data/x.csv: Google gave no token for the key of the account (Account has been deleted); check GOOGLE_APPLICATION_CREDENTIALS_JSON in the Secret that spec.storage.secretRef names, and what its account may do)");
}

TEST(GcsError, WithoutATokenIsFinalOnlyWhenGoogleOrAFileSaidNo) {
  for (const char* code : {"NOT_FOUND", "PERMISSION_DENIED", "UNAUTHENTICATED", "INVALID_ARGUMENT",
                           "FAILED_PRECONDITION", "UNKNOWN"})
    EXPECT_TRUE(base::is_unauthorized(error_of(status(code, std::string(kNoToken) + "no"))))
        << code;
  for (const char* code : {"UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL", "RESOURCE_EXHAUSTED",
                           "ABORTED", "CANCELLED", "DATA_LOSS", "OUT_OF_RANGE"})
    EXPECT_TRUE(base::is_retryable(error_of(status(code, std::string(kNoToken) + "no")))) << code;
  EXPECT_TRUE(base::is_retryable(error_of(
      status("UNKNOWN", std::string(kNoToken) + "PerformWork() - CURL error [60]=SSL peer"))));
}

TEST(GcsError, OfAStoreThatIsNotReachedIsWorthAnotherTry) {
  const auto away =
      error_of(status("UNAVAILABLE", "PerformWork() - CURL error [7]=Could not connect to server"));
  EXPECT_TRUE(base::is_retryable(away));
  EXPECT_EQ(away.message(),
            "reading gs://data/x.csv: Google Cloud Storage is not reached (PerformWork() - CURL "
            "error [7]=Could not connect to server); check the network");
  const auto away_there = error_of(status("UNAVAILABLE", "CURL error [7]"), {}, "https://store");
  EXPECT_THAT(away_there.message(), EndsWith("; check spec.storage.endpoint and the network"));
  for (const char* words : {"I/O operation on closed file", "Cannot read from closed file"}) {
    const auto broken = error_of(words);
    EXPECT_TRUE(base::is_retryable(broken)) << words;
    EXPECT_THAT(broken.message(), HasSubstr("what Google Cloud Storage sends breaks off"));
  }
}

TEST(GcsError, OfANameThatArrowDoesNotTakeIsToldAndFinal) {
  const auto error = error_of("Empty path component in path data/a//x.csv");
  EXPECT_FALSE(base::is_retryable(error));
  EXPECT_EQ(error.message(), "reading gs://data/x.csv: Empty path component in path data/a//x.csv");
}

TEST(GcsError, OfAnAnswerOfAnotherServerNamesTheEndpointIfThereIsOne) {
  const std::string html =
      status("INVALID_ARGUMENT", "expected payload to be a JSON object, first 32 chars are <html>");
  const auto another = error_of(html, {}, "https://store");
  EXPECT_FALSE(base::is_retryable(another));
  EXPECT_EQ(
      another.message(),
      R"(reading gs://data/x.csv: https://store answered what is not understood (expected payload to be a JSON object, first 32 chars are <html>); check spec.storage.endpoint)");
  EXPECT_THAT(error_of(html).message(), Not(HasSubstr("spec.storage.endpoint")));
}

TEST(GcsError, OfARequestThatGoogleRefusesHasItsWordsAlone) {
  const auto refused = error_of(status("INVALID_ARGUMENT", "Invalid bucket name: 'A_b'."));
  EXPECT_TRUE(base::is_invalid(refused));
  EXPECT_EQ(
      refused.message(),
      "reading gs://data/x.csv: refused by Google Cloud Storage (Invalid bucket name: 'A_b')");
}

}  // namespace
}  // namespace cresset::data::gcs_error_test
