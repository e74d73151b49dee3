#include "worker/device/choice.h"

#include <gtest/gtest.h>

#include "operator/base/error.h"

namespace cresset::device::choice_test {
namespace {

constexpr int kCpu = -1;
const std::string kField = "spec.workers.resources";

Visible showing(int gpus) { return {.built = true, .gpus = gpus, .why_none = "no driver"}; }
Asked pod(int gpus, int processes, int local_rank) {
  return {.gpus = gpus,
          .local_rank = local_rank,
          .processes = processes,
          .rank = 8 + local_rank,
          .world_size = 16,
          .resources = kField};
}
int chosen(const Asked& asked, const Visible& visible) {
  const auto gpu = choose_gpu(asked, visible);
  EXPECT_TRUE(gpu) << gpu.error().message();
  return gpu ? gpu->value_or(kCpu) : -2;
}
base::Error refused(const Asked& asked, const Visible& visible) {
  const auto gpu = choose_gpu(asked, visible);
  EXPECT_FALSE(gpu);
  return gpu ? base::internal("no error") : gpu.error();
}

TEST(ChooseGpu, EachProcessOfAPodWithGpusHasTheOneOfItsLocalRank) {
  for (int local_rank = 0; local_rank < 4; ++local_rank)
    EXPECT_EQ(chosen(pod(4, 4, local_rank), showing(4)), local_rank);
}

TEST(ChooseGpu, AProgramWithoutLibtorchsPartForGpusIsNamedWhereGpusWereAskedFor) {
  const auto error = refused(pod(1, 1, 0), {});
  EXPECT_EQ(
      error.message(),
      R"(spec.workers.resources asks for 1 GPU, but this worker is built without libtorch's part for GPUs and computes on CPUs alone; allowed is an image whose worker has it (cresset-worker-cuda of the Dockerfile), or to ask for none)");
  EXPECT_EQ(error.kind(), base::ErrorKind::kUnsupported) << "no other node would help";
}

TEST(ChooseGpu, WhyCudaFindsNoneIsToldInItsWordsAndAnotherNodeMayHaveOne) {
  const auto error = refused(pod(2, 2, 1), showing(0));
  EXPECT_EQ(error.message(),
            "spec.workers.resources asks for 2 GPUs, but CUDA finds none in the pod: no driver");
  EXPECT_TRUE(base::is_retryable(error));
}

TEST(ChooseGpu, MoreProcessesThanCudaShowsGpusAreRefusedByTheirField) {
  EXPECT_EQ(chosen(pod(1, 2, 0), showing(1)), 0);
  const auto error = refused(pod(1, 2, 1), showing(1));
  EXPECT_EQ(
      error.message(),
      R"(spec.workers.resources asks for 1 GPU for 2 processes, of which each computes on one, but CUDA shows a process 1 GPU; spec.workers.processesPerWorker may be 1 here (of the instances of a divided GPU it is always 1))");
  EXPECT_TRUE(base::is_invalid(error));
}

// The workers of `cresset run` share a machine, and each counts its own ranks from 0.
TEST(ChooseGpu, WhereNobodyAskedAGpuIsTakenIfThereIsOneForEachRank) {
  const auto rank = [](int rank, int world_size) {
    return Asked{.rank = rank, .world_size = world_size, .resources = kField};
  };
  EXPECT_EQ(chosen(rank(0, 1), showing(1)), 0);
  EXPECT_EQ(chosen(rank(1, 2), showing(2)), 1);
  EXPECT_EQ(chosen(rank(0, 2), showing(1)), kCpu);
  EXPECT_EQ(chosen(rank(0, 1), showing(0)), kCpu);
  EXPECT_EQ(chosen(rank(0, 1), {.gpus = 1}), kCpu);
}

}  // namespace
}  // namespace cresset::device::choice_test
