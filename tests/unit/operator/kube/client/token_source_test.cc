#include "operator/kube/client/token_source.h"

#include <gtest/gtest.h>

#include "tests/unit/operator/kube/client/scratch.h"

namespace cresset::kube {
namespace {

using namespace std::chrono_literals;

class Token : public ::testing::Test {
 protected:
  base::ManualClock clock_;
  Scratch scratch_;
  std::string file_ = scratch_.write("token", "one\n");
  TokenSource source_{"", file_, clock_};
};

TEST_F(Token, IsReadAgainAfterAboutAMinute) {
  EXPECT_EQ(source_.current(), "one");
  scratch_.write("token", "two");
  EXPECT_EQ(source_.current(), "one");
  clock_.advance(50s);
  EXPECT_EQ(source_.current(), "two");
}

TEST_F(Token, TheOldOneIsKeptWhileTheFileIsEmptyOrAway) {
  EXPECT_EQ(source_.current(), "one");
  scratch_.write("token", "");
  clock_.advance(60s);
  EXPECT_EQ(source_.current(), "one");
  std::filesystem::remove(file_);
  clock_.advance(60s);
  EXPECT_EQ(source_.current(), "one");
  scratch_.write("token", "two");
  EXPECT_EQ(source_.current(), "two");
}

TEST_F(Token, ARefusedOneIsReadAgainAtOnce) {
  EXPECT_EQ(source_.current(), "one");
  EXPECT_FALSE(source_.refused("one"));
  scratch_.write("token", "two");
  EXPECT_TRUE(source_.refused("one"));
  EXPECT_EQ(source_.current(), "two");
  EXPECT_TRUE(source_.refused("one"));
}

TEST_F(Token, AFixedOneCannotBeRenewed) {
  TokenSource fixed("f", "", clock_);
  EXPECT_EQ(fixed.current(), "f");
  EXPECT_FALSE(fixed.refused("f"));
}

}  // namespace
}  // namespace cresset::kube
