#include "operator/base/address.h"

#include <gtest/gtest.h>

namespace cresset::base {
namespace {

TEST(Address, OfIpv6StandsInBrackets) {
  EXPECT_EQ(host_and_port("10.0.0.1", 8080), "10.0.0.1:8080");
  EXPECT_EQ(host_and_port("models.example", "443"), "models.example:443");
  EXPECT_EQ(host_and_port("fd00::1", 8080), "[fd00::1]:8080");
  EXPECT_EQ(bracketed("::1"), "[::1]");
  EXPECT_EQ(bracketed("localhost"), "localhost");
}

}  // namespace
}  // namespace cresset::base
