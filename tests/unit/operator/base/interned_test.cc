#include "operator/base/interned.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace cresset::base::interned_test {
namespace {

TEST(Interned, EqualTextsAreOne) {
  const Interned one = "a text of more than fifteen characters";
  const Interned other = std::string("a text of more than fifteen characters");
  EXPECT_EQ(&one.str(), &other.str());
  EXPECT_EQ(one, other);
  EXPECT_NE(one, Interned("another"));
  EXPECT_LT(Interned("a"), Interned("b"));
}

TEST(Interned, ReadsLikeAText) {
  const Interned text = "digits";
  const std::string& read = text;
  EXPECT_EQ(read, "digits");
  EXPECT_EQ(text, "digits");
  EXPECT_EQ(text, std::string("digits"));
  EXPECT_LT(text, "e");
  EXPECT_EQ("a " + text + "!", "a digits!");
  EXPECT_EQ(text + "/" + text, "digits/digits");
  EXPECT_EQ(text.size(), 6U);
}

TEST(Interned, TheEmptyOneIsTheDefaultOneAndCostsNothing) {
  const size_t before = Interned::held();
  EXPECT_EQ(Interned(), Interned(""));
  EXPECT_TRUE(Interned(std::string()).empty());
  EXPECT_EQ(Interned().str(), "");
  EXPECT_EQ(Interned::held(), before);
}

TEST(Interned, ATextGoesWithTheLastThatHoldsIt) {
  const size_t before = Interned::held();
  {
    Interned one = "held by one";
    Interned copy = one;
    const Interned moved = std::move(one);
    EXPECT_EQ(Interned::held(), before + 1);
    copy = "held by another";
    EXPECT_EQ(Interned::held(), before + 2);
    copy = moved;
    EXPECT_EQ(Interned::held(), before + 1);
  }
  EXPECT_EQ(Interned::held(), before);
}

TEST(Interned, ManyThreadsMayTakeAndDropTheSameText) {
  const size_t before = Interned::held();
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([] {
        for (int i = 0; i < 2000; ++i) {
          const Interned text = "taken and dropped " + std::to_string(i % 3);
          const Interned copy = text;
          ASSERT_EQ(copy.str().back(), static_cast<char>('0' + i % 3));
        }
      });
  }
  EXPECT_EQ(Interned::held(), before);
}

}  // namespace
}  // namespace cresset::base::interned_test
