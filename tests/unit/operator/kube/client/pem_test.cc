#include "operator/kube/client/pem.h"

#include <gtest/gtest.h>

#include <string>

namespace cresset::kube {
namespace {

const std::string kOne = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n";
const std::string kTwo = kOne + "a word between\n" + kOne;

TEST(WholePem, IsOneOrMoreBlocksThatEnd) {
  EXPECT_TRUE(is_whole_pem(kOne));
  EXPECT_TRUE(is_whole_pem(kTwo));
  EXPECT_TRUE(is_whole_pem("# names\n" + kOne));
}

TEST(WholePem, CutAnywhereWithinABlockIsNone) {
  const size_t second = kTwo.rfind("-----BEGIN");
  for (size_t end = second + 5; end + 1 < kTwo.size(); ++end)
    EXPECT_FALSE(is_whole_pem(kTwo.substr(0, end))) << kTwo.substr(0, end);
  EXPECT_FALSE(is_whole_pem(""));
  EXPECT_FALSE(is_whole_pem("token"));
}

TEST(WholePem, WhoseEndHasAnotherLabelIsNone) {
  EXPECT_FALSE(is_whole_pem("-----BEGIN A-----\n-----END B-----\n"));
  EXPECT_FALSE(is_whole_pem("-----END A-----\n-----END A-----\n"));
  EXPECT_FALSE(is_whole_pem("-----BEGIN A\nB-----\n-----END A\nB-----\n"));
}

}  // namespace
}  // namespace cresset::kube
