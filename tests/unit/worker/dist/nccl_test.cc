// Two ranks on two GPUs; label gpu. Where there are fewer it fails and says so.
#include "worker/dist/nccl.h"

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <gtest/gtest.h>

#include <latch>

#include "tests/unit/worker/dist/ranks.h"
#include "worker/dist/reducer.h"

namespace cresset::dist {
namespace {

constexpr int kRanks = 2;

class Nccl : public testing::Test {
 protected:
  void SetUp() override {
    const int here =
        at::hasCUDA() ? c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount() : 0;
    ASSERT_GE(here, kRanks) << "these tests need two GPUs";
  }
};

at::Device gpu_of(const ProcessGroup& group) {
  return {c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(group.rank())};
}

void as_gpus(const std::function<void(ProcessGroup&)>& run,
             std::chrono::seconds timeout = std::chrono::seconds(60)) {
  as_ranks(kRanks, run, timeout, /*on_gpus=*/true);
}

TEST_F(Nccl, SumsBroadcastsAndPassesOnBetweenGpus) {
  as_gpus([](ProcessGroup& group) {
    const c10::DeviceGuard on(gpu_of(group));
    const auto tensor = at::full({1000}, group.rank() + 1.0).to(gpu_of(group));
    ASSERT_TRUE(group.sum(tensor));
    EXPECT_TRUE(tensor.cpu().eq(3).all().item<bool>());
    tensor.fill_(group.rank());
    ASSERT_TRUE(group.broadcast(tensor, 1));
    EXPECT_TRUE(tensor.cpu().eq(1).all().item<bool>());
    tensor.fill_(5);
    ASSERT_TRUE(group.rank() == 0 ? group.send(tensor, 1) : group.receive(tensor.zero_(), 0));
    EXPECT_TRUE(tensor.cpu().eq(5).all().item<bool>());
  });
}

TEST_F(Nccl, AReducerInBf16SumsGradientsOfGpus) {
  as_gpus([](ProcessGroup& group) {
    const c10::DeviceGuard on(gpu_of(group));
    const auto weights = at::ones({3000}).to(gpu_of(group)).requires_grad_(true);
    Reducer reducer({weights}, group, {.in_bf16 = true});
    reducer.prepare();
    reducer.attach({1, 2, 3});
    (weights * (group.rank() + 1)).sum().backward();
    const auto sums = reducer.finish();
    ASSERT_TRUE(sums) << sums.error().message();
    EXPECT_EQ(*sums, (Reducer::Attached{2, 4, 6}));
    EXPECT_TRUE(weights.grad().cpu().eq(3).all().item<bool>());
  });
}

TEST_F(Nccl, APeerThatSaysNothingIsUnavailableWhenTheTimeIsUp) {
  std::latch told(1);
  const auto run = [&](ProcessGroup& group) {
    const c10::DeviceGuard on(gpu_of(group));
    const auto tensor = at::ones({10}).to(gpu_of(group));
    ASSERT_TRUE(group.sum(tensor));
    if (group.rank() == 1) return told.wait();
    const auto alone = group.sum(tensor);
    told.count_down();
    ASSERT_FALSE(alone);
    EXPECT_TRUE(base::is_retryable(alone.error())) << alone.error().message();
  };
  as_gpus(run, std::chrono::seconds(5));
}

}  // namespace
}  // namespace cresset::dist
