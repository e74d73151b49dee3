#include "operator/base/shared.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace cresset::base::shared_test {
namespace {

struct Numbers : std::vector<int> {
  using vector::vector;
};
size_t hash_of(const Numbers& numbers) { return numbers.size(); }  // they clash

TEST(Shared, EqualValuesAreOne) {
  const Shared<Numbers> one = Numbers{1, 2}, same = Numbers{1, 2}, other = Numbers{2, 1};
  EXPECT_EQ(&*one, &*same);
  EXPECT_EQ(one, same);
  EXPECT_NE(one, other);
  EXPECT_EQ(one->size(), 2U);
  static_assert(sizeof one == sizeof(void*));
}

TEST(Shared, TheDefaultValueCostsNothing) {
  const size_t before = Shared<Numbers>::held();
  EXPECT_EQ(Shared<Numbers>(), Shared<Numbers>(Numbers()));
  EXPECT_TRUE(Shared<Numbers>()->empty());
  EXPECT_EQ(Shared<Numbers>::held(), before);
}

TEST(Shared, AValueGoesWithTheLastThatHoldsIt) {
  const size_t before = Shared<Numbers>::held();
  {
    Shared<Numbers> one = Numbers{3};
    Shared<Numbers> copy = one;
    const Shared<Numbers> moved = std::move(one);
    EXPECT_EQ(Shared<Numbers>::held(), before + 1);
    copy = Numbers{4};
    EXPECT_EQ(Shared<Numbers>::held(), before + 2);
    copy = moved;
    EXPECT_EQ(Shared<Numbers>::held(), before + 1);
  }
  EXPECT_EQ(Shared<Numbers>::held(), before);
}

TEST(Shared, ManyThreadsMayTakeAndDropTheSameValue) {
  const size_t before = Shared<Numbers>::held();
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([] {
        for (int i = 0; i < 2000; ++i) {
          const Shared<Numbers> value = Numbers{i % 3, 7};
          const Shared<Numbers> copy = value;
          ASSERT_EQ(copy->front(), i % 3);
        }
      });
  }
  EXPECT_EQ(Shared<Numbers>::held(), before);
}

}  // namespace
}  // namespace cresset::base::shared_test
