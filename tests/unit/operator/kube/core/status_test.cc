#include <gtest/gtest.h>

#include "operator/kube/core/request.h"

namespace cresset::kube {
namespace {

using base::ErrorKind;

struct Case {
  int status;
  std::string reason;
  ErrorKind kind;
};

class StatusError : public ::testing::TestWithParam<Case> {};

TEST_P(StatusError, HasTheKindOfItsCodeAndReasonAndTheServersMessage) {
  const auto& [status, reason, kind] = GetParam();
  const base::Json body = {{"kind", "Status"}, {"reason", reason}, {"message", "spec.x is bad"}};
  const auto error = status_error(status, base::dump(body));
  EXPECT_EQ(error.kind(), kind);
  EXPECT_EQ(error.message(), "spec.x is bad (HTTP " + std::to_string(status) + ")");
}

INSTANTIATE_TEST_SUITE_P(All, StatusError,
                         ::testing::Values(Case{400, "BadRequest", ErrorKind::kInvalid},
                                           Case{401, "Unauthorized", ErrorKind::kUnauthorized},
                                           Case{403, "Forbidden", ErrorKind::kForbidden},
                                           Case{404, "NotFound", ErrorKind::kNotFound},
                                           Case{405, "MethodNotAllowed", ErrorKind::kUnsupported},
                                           Case{409, "AlreadyExists", ErrorKind::kAlreadyExists},
                                           Case{409, "Conflict", ErrorKind::kConflict},
                                           Case{410, "Expired", ErrorKind::kGone},
                                           Case{410, "Gone", ErrorKind::kGone},
                                           Case{413, "RequestEntityTooLarge", ErrorKind::kTooLarge},
                                           Case{422, "Invalid", ErrorKind::kInvalid},
                                           Case{429, "TooManyRequests", ErrorKind::kExhausted},
                                           Case{500, "InternalError", ErrorKind::kUnavailable},
                                           Case{503, "ServiceUnavailable", ErrorKind::kUnavailable},
                                           Case{504, "Timeout", ErrorKind::kTimeout}));

TEST(StatusErrorText, AVersionAheadOfTheServersCacheAsksForAFreshListLikeA410) {
  const auto error = status_error(504, R"({"reason": "Timeout", "message": "Timeout: later",
      "details": {"causes": [{"reason": "ResourceVersionTooLarge", "message": "m"}]}})");
  EXPECT_TRUE(base::is_gone(error));
  EXPECT_TRUE(base::is_gone(
      status_error(504, R"({"message": "Too large resource version: 9, current: 8"})")));
}

TEST(StatusErrorText, AWebhookThatIsAwayRefusesAsOneThatSaysNo) {
  const auto error = status_error(500, R"({"reason": "InternalError", "message":
      "Internal error occurred: failed calling webhook \"a.example\": connection refused"})");
  EXPECT_TRUE(base::is_forbidden(error));
}

TEST(StatusErrorText, AnAnswerThatIsNoStatusIsShownInPart) {
  const auto error = status_error(502, "<html>bad gateway</html>" + std::string(10000, 'x'));
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_LT(error.message().size(), 600U);
  EXPECT_EQ(error.message().find("<html>bad gateway"), 0U);
  EXPECT_EQ(status_error(500, "").message(), "no message (HTTP 500)");
}

}  // namespace
}  // namespace cresset::kube
