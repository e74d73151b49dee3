#include "worker/dist/process_group.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <latch>
#include <optional>

#include "tests/unit/worker/device/as_if_on_a_gpu.h"
#include "tests/unit/worker/dist/ranks.h"

namespace cresset::dist {
namespace {

using testing::HasSubstr;

TEST(ProcessGroup, SumsOverAllRanks) {
  as_ranks(3, [](ProcessGroup& group) {
    const auto tensor = at::full({4}, group.rank() + 1.0);
    ASSERT_TRUE(group.sum(tensor));
    EXPECT_TRUE(tensor.equal(at::full({4}, 6.0)));
  });
}

TEST(ProcessGroup, BytesOfOneRankReachTheOthersEvenWhenThereAreNone) {
  as_ranks(2, [](ProcessGroup& group) {
    const bool root = group.rank() == 1;
    EXPECT_EQ(broadcast_bytes(group, root ? "checkpoint" : "ignored, and longer", 1).value(),
              "checkpoint");
    EXPECT_EQ(broadcast_bytes(group, root ? "" : "ignored", 1).value(), "");
  });
}

TEST(ProcessGroup, BytesOfEachRankReachAllInTheirOrder) {
  as_ranks(3, [](ProcessGroup& group) {
    std::vector<std::string> seen;
    const std::string own(static_cast<size_t>(group.rank()), static_cast<char>('a' + group.rank()));
    EXPECT_TRUE(exchange_bytes(group, own, [&](const std::string& theirs) -> base::Result<void> {
      seen.push_back(theirs);
      return {};
    }));
    EXPECT_EQ(seen, (std::vector<std::string>{"", "b", "cc"}));
  });
}

TEST(ProcessGroup, WhatOneSendsAnotherReceivesInTheirOrder) {
  as_ranks(3, [](ProcessGroup& group) {
    const auto large = at::full({300'000}, group.rank()), small = at::full({2}, -group.rank());
    if (group.rank() == 1) return;
    if (group.rank() == 2) {
      EXPECT_TRUE(group.send(large, 0));
      EXPECT_TRUE(group.send(small, 0));
      return;
    }
    EXPECT_TRUE(group.receive(large, 2));
    EXPECT_TRUE(group.receive(small, 2));
    EXPECT_TRUE(large.equal(at::full({300'000}, 2)));
    EXPECT_TRUE(small.equal(at::full({2}, -2)));
  });
  EXPECT_FALSE((*join_group({}))->send(at::ones({1}), 1));
}

TEST(ProcessGroup, AGroupOfOneNeedsNoStore) {
  const auto group = join_group({});
  ASSERT_TRUE(group);
  const auto tensor = at::ones({2});
  EXPECT_TRUE((*group)->sum(tensor));
  EXPECT_TRUE(tensor.equal(at::ones({2})));
  EXPECT_EQ(broadcast_bytes(**group, "x", 0).value(), "x");
}

TEST(ProcessGroup, ATensorOfAGpuIsRefusedWhereNothingCarriesIt) {
  as_ranks(2, [](ProcessGroup& group) {
    std::vector<float> values(4);
    const auto summed = group.sum(device::as_if_on_a_gpu(values));
    ASSERT_FALSE(summed);
    EXPECT_EQ(summed.error().message(),
              "summing over the ranks: a tensor on cuda:0, where this build has no NCCL");
  });
}

TEST(ProcessGroup, APeerThatLeftIsUnavailableToTheOthers) {
  const std::string store = free_address();
  std::optional<base::Result<void>> survivor;
  {
    std::jthread leaver([&] {
      const auto group = join_group({.store = store, .prefix = "1/x", .rank = 1, .size = 2});
      ASSERT_TRUE(group) << group.error().message();
    });
    std::jthread stayer([&] {
      const auto group = join_group({.store = store, .prefix = "1/x", .rank = 0, .size = 2});
      ASSERT_TRUE(group) << group.error().message();
      leaver.join();
      survivor = (*group)->sum(at::ones({2}));
    });
  }
  ASSERT_TRUE(survivor.has_value());
  ASSERT_FALSE(*survivor);
  EXPECT_TRUE(base::is_retryable(survivor->error()));
}

TEST(ProcessGroup, ARankWithAnotherSecretDoesNotJoinAndDisturbsNobody) {
  const std::string store = free_address();
  const auto join = [&store](const std::string& secret, int rank, int seconds) {
    return join_group({.store = store,
                       .prefix = "1/" + secret,
                       .rank = rank,
                       .size = 2,
                       .timeout = std::chrono::seconds(seconds)});
  };
  const auto stranger_is_left_out = [&join] {
    const auto stranger = join("guessed", 1, 1);
    ASSERT_FALSE(stranger) << "a stranger is a member";
    EXPECT_TRUE(base::is_retryable(stranger.error())) << stranger.error().message();
  };
  const auto sum_as = [](ProcessGroup& group) {
    const auto tensor = at::full({4}, group.rank() + 1.0);
    ASSERT_TRUE(group.sum(tensor));
    EXPECT_TRUE(tensor.equal(at::full({4}, 3.0)));
  };
  std::latch both_summed{2};
  std::latch stranger_tried_again{1};
  const auto member = [&](int rank) {
    const auto group = join("right", rank, 60);
    if (group) sum_as(**group);
    both_summed.count_down();
    stranger_tried_again.wait();
    ASSERT_TRUE(group) << group.error().message();
    sum_as(**group);
    EXPECT_TRUE((*group)->barrier());
  };
  std::jthread first([&] { member(0); });
  stranger_is_left_out();  // while the group waits for its second rank
  std::jthread second([&] { member(1); });
  both_summed.wait();
  stranger_is_left_out();  // while the group works
  stranger_tried_again.count_down();
}

TEST(ProcessGroup, AnAddressThatIsNoneIsNamed) {
  for (const char* wrong : {"", "host", "host:", ":29500", "host:0", "host:99999", "host:12x"}) {
    const auto group = join_group({.store = wrong, .size = 2});
    ASSERT_FALSE(group) << wrong;
    EXPECT_THAT(group.error().message(), HasSubstr("host:port"));
  }
}

}  // namespace
}  // namespace cresset::dist
