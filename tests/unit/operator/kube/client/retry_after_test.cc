#include "operator/kube/client/retry_after.h"

#include <gtest/gtest.h>

namespace cresset::kube {
namespace {

using namespace std::chrono_literals;

net::Response answer(int status, const std::string& value) {
  return {.status = status, .headers = {{"retry-after", value}}};
}

TEST(RetryAfter, IsHonouredFor429AndServerErrors) {
  EXPECT_EQ(retry_after(answer(429, "5")), 5s);
  EXPECT_EQ(retry_after(answer(503, "0")), 0s);
  EXPECT_EQ(retry_after(answer(404, "5")), std::nullopt);
  EXPECT_EQ(retry_after({.status = 429}), std::nullopt);
}

TEST(RetryAfter, AnUnreadableWaitIsLeftToTheCaller) {
  for (const auto* value : {"", "-1", "-99999999999999999999", "5s", "Wed, 21 Oct 2026"})
    EXPECT_EQ(retry_after(answer(429, value)), std::nullopt) << value;
}

TEST(RetryAfter, AVeryLongWaitIsHalfAMinute) {
  for (const auto* value : {"30", "31", "3600", "99999999999999999999"})
    EXPECT_EQ(retry_after(answer(429, value)), 30s) << value;
}

}  // namespace
}  // namespace cresset::kube
