#include "operator/coordination/routes.h"

#include <gtest/gtest.h>

namespace cresset::coordination {
namespace {

TEST(Routes, AreTakenApart) {
  const std::string job = "/v1/namespaces/team/trainingjobs/digits";
  const auto membership = parse_route("GET", job + "/membership", "7");
  ASSERT_TRUE(membership);
  EXPECT_EQ(std::get<MembershipRoute>(*membership).job.to_string(), "team/digits");
  EXPECT_EQ(std::get<MembershipRoute>(*membership).after, 7);
  EXPECT_EQ(std::get<MembershipRoute>(*parse_route("GET", job + "/membership", "")).after, 0);
  EXPECT_TRUE(std::holds_alternative<ProgressRoute>(*parse_route("POST", job + "/progress", "")));
  EXPECT_TRUE(std::holds_alternative<LoadRoute>(*parse_route("POST", "/v1/load", "")));
}

TEST(Routes, OthersAreRefusedByKind) {
  const std::string job = "/v1/namespaces/team/trainingjobs/digits";
  EXPECT_EQ(parse_route("POST", job + "/membership", "").error().kind(),
            base::ErrorKind::kUnsupported);
  EXPECT_EQ(parse_route("GET", "/v1/load", "").error().kind(), base::ErrorKind::kUnsupported);
  for (const char* after : {"-1", "x", "1x", "99999999999999"})
    EXPECT_TRUE(base::is_invalid(parse_route("GET", job + "/membership", after).error())) << after;
  for (const std::string& path :
       {std::string("/"), std::string(""), job, job + "/membership/x", job + "/other",
        std::string("/v1/namespaces//trainingjobs/digits/progress"),
        std::string("/v2/namespaces/team/trainingjobs/digits/progress")})
    EXPECT_TRUE(base::is_not_found(parse_route("POST", path, "").error())) << path;
}

}  // namespace
}  // namespace cresset::coordination
