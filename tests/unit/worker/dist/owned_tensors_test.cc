#include "worker/dist/owned_tensors.h"

#include <gmock/gmock.h>

#include "tests/unit/worker/dist/ranks.h"

namespace cresset::dist::owned_tensors_test {
namespace {

using testing::ElementsAre;

TEST(BalancedOwners, HaveAboutAsMuchEachAndAreTheSameEachTime) {
  EXPECT_THAT(balanced_owners({3, 9, 4, 2}, 2), ElementsAre(1, 0, 1, 1));
  EXPECT_THAT(balanced_owners({5, 5, 5}, 2), ElementsAre(0, 1, 0));
  EXPECT_THAT(balanced_owners({7}, 3), ElementsAre(0));
  EXPECT_THAT(balanced_owners({1, 2}, 1), ElementsAre(0, 0));
}

class Sharing : public testing::TestWithParam<int64_t> {};

TEST_P(Sharing, GivesEveryRankWhatTheOwnersChanged) {
  as_ranks(3, [](ProcessGroup& group) {
    std::vector<at::Tensor> tensors;
    std::vector<int> owners;
    for (int64_t i = 0; i < 11; ++i) {
      tensors.push_back(at::zeros({i, 3}, i % 4 == 0 ? at::kLong : at::kFloat));
      owners.push_back(static_cast<int>(i * i % 3));  // nothing is rank 2's
    }
    OwnedTensors owned(tensors, owners, group, GetParam());
    for (int64_t round = 1; round < 3; ++round) {
      for (size_t i = 0; i < tensors.size(); ++i)
        if (owned.is_mine(i)) tensors[i].fill_(round * 100 + static_cast<int64_t>(i));
      ASSERT_TRUE(owned.share());
      for (size_t i = 0; i < tensors.size(); ++i)
        EXPECT_TRUE(tensors[i].eq(round * 100 + static_cast<int64_t>(i)).all().item<bool>()) << i;
    }
  });
}

// Each by itself, some together, all of an owner and type together.
INSTANTIATE_TEST_SUITE_P(MessageBytes, Sharing, testing::Values(1, 100, 1 << 20));

TEST(OwnedTensors, OfOneRankAreItsOwnAndStayAsTheyAre) {
  const auto group = join_group({}).value();
  const auto tensor = at::ones({4});
  OwnedTensors owned({tensor}, balanced_owners({4}, 1), *group, 1024);
  EXPECT_TRUE(owned.is_mine(0));
  EXPECT_TRUE(owned.share());
  EXPECT_TRUE(tensor.equal(at::ones({4})));
}

}  // namespace
}  // namespace cresset::dist::owned_tensors_test
