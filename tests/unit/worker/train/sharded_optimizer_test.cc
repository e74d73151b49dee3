#include "worker/train/sharded_optimizer.h"

#include <gmock/gmock.h>

#include <map>
#include <mutex>

#include "crds/worker_contract/optimizers.h"
#include "tests/unit/worker/dist/ranks.h"
#include "worker/train/whole_state.h"

namespace cresset::train::sharded_optimizer_test {
namespace {

using dist::as_ranks;
using dist::ProcessGroup;

const std::vector<std::string> kNames{"a", "b", "c", "d", "e"};
const std::vector<double> kScales{1, 1, 0.5, 1, 2};

std::vector<at::Tensor> make_parameters() {
  std::vector<at::Tensor> parameters;
  for (const int64_t size : {12, 3, 40, 7, 5})
    parameters.push_back(at::arange(size, at::kFloat).sin().requires_grad_(true));
  return parameters;
}

worker_contract::TrainingSpec spec_of(const std::string& optimizer, bool sharded) {
  worker_contract::TrainingSpec spec;
  spec.optimizer.name = optimizer;
  if (optimizer == "sgd") spec.optimizer.momentum = 0.9;
  spec.parallel.optimizer_state = sharded ? "Sharded" : "Replicated";
  spec.parallel.bucket_bytes = 1024;
  return spec;
}

// What a rank has of an optimizer of `parameters`.
struct Learning {
  std::vector<at::Tensor> parameters = make_parameters();
  std::unique_ptr<ShardedOptimizer> optimizer;

  Learning(const worker_contract::TrainingSpec& spec, ProcessGroup& group)
      : optimizer(ShardedOptimizer::make(spec, kNames, parameters, kScales, group).value()) {}

  void walk(int64_t from, int64_t to) {
    for (int64_t step = from; step < to; ++step) {
      for (const auto& parameter : parameters)
        parameter.mutable_grad() = (at::arange(parameter.numel(), at::kFloat) + step).cos();
      ASSERT_TRUE(optimizer->step(0.05));
    }
  }
};

int64_t bytes_held(const NamedTensors& state) {
  int64_t bytes = 0;
  for (const auto& tensor : state.tensors)
    if (!tensor.is_meta()) bytes += static_cast<int64_t>(tensor.nbytes());
  return bytes;
}

class EachMethod : public testing::TestWithParam<std::string_view> {
 protected:
  const std::string method_{GetParam()};
};

TEST_P(EachMethod, MovesWeightsToTheSameBitsHoweverItsStateIsDivided) {
  const auto alone = dist::join_group({}).value();
  Learning whole(spec_of(method_, true), *alone);
  whole.walk(0, 6);
  as_ranks(3, [&](ProcessGroup& group) {
    Learning part(spec_of(method_, true), group);
    part.walk(0, 6);
    for (size_t i = 0; i < kNames.size(); ++i)
      EXPECT_TRUE(part.parameters[i].equal(whole.parameters[i])) << kNames[i];
  });
}

TEST_P(EachMethod, IsTheSameFileOfACheckpointHoweverItsStateIsDivided) {
  std::map<int, std::string> files;
  for (const int ranks : {1, 2, 7})
    as_ranks(ranks, [&](ProcessGroup& group) {
      Learning part(spec_of(method_, true), group);
      part.walk(0, 3);
      const auto file = gather_state(part.optimizer->state(), group);
      ASSERT_TRUE(file) << file.error().message();
      if (group.rank() == 0) files[ranks] = *file;
    });
  as_ranks(2, [&](ProcessGroup& group) {
    Learning replicated(spec_of(method_, false), group);
    replicated.walk(0, 3);
    const auto file = gather_state(replicated.optimizer->state(), group);
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_EQ(*file, group.rank() == 0 ? files[1] : "");
  });
  EXPECT_FALSE(files[1].empty());
  EXPECT_EQ(files[2], files[1]);
  EXPECT_EQ(files[7], files[1]);  // two ranks own nothing
}

TEST_P(EachMethod, GoesOnFromTheFileAtAnotherNumberOfRanks) {
  const auto alone = dist::join_group({}).value();
  Learning whole(spec_of(method_, true), *alone);
  whole.walk(0, 3);
  const auto file = gather_state(whole.optimizer->state(), *alone).value();
  std::vector<at::Tensor> weights;
  for (const auto& parameter : whole.parameters) weights.push_back(parameter.detach().clone());
  whole.walk(3, 7);
  as_ranks(3, [&](ProcessGroup& group) {
    Learning part(spec_of(method_, true), group);
    const auto given = scatter_state(group.rank() == 0 ? file : "", part.optimizer->state(), group);
    ASSERT_TRUE(given) << given.error().message();
    for (size_t i = 0; i < weights.size(); ++i) part.parameters[i].detach().copy_(weights[i]);
    part.walk(3, 7);
    for (size_t i = 0; i < kNames.size(); ++i)
      EXPECT_TRUE(part.parameters[i].equal(whole.parameters[i])) << kNames[i];
  });
}

std::vector<std::string_view> methods() {
  const auto names = worker_contract::optimizer_names();
  return {names.begin(), names.end()};
}
INSTANTIATE_TEST_SUITE_P(All, EachMethod, testing::ValuesIn(methods()));

TEST(ShardedOptimizer, LeavesARankItsPartOfTheStateAndAllOfItWhenReplicated) {
  std::mutex mutex;
  std::vector<int64_t> sharded, replicated;
  as_ranks(2, [&](ProcessGroup& group) {
    const Learning part(spec_of("adamw", true), group), all(spec_of("adamw", false), group);
    const std::lock_guard lock(mutex);
    sharded.push_back(bytes_held(part.optimizer->state()));
    replicated.push_back(bytes_held(all.optimizer->state()));
  });
  const int64_t steps = 4, twice = 2 * sizeof(float);  // two slots for each number
  EXPECT_THAT(sharded, testing::UnorderedElementsAre(steps + 40 * twice, steps + 27 * twice));
  EXPECT_THAT(replicated, testing::Each(steps + 67 * twice));
}

TEST(WholeState, OfAFileThatIsBrokenIsRankZerosError) {
  as_ranks(2, [](ProcessGroup& group) {
    if (group.rank() != 0) return;
    Learning part(spec_of("adamw", true), group);
    const auto given = scatter_state("{}", part.optimizer->state(), group);
    ASSERT_FALSE(given);
    EXPECT_THAT(given.error().message(), testing::HasSubstr("not safetensors"));
  });
}

}  // namespace
}  // namespace cresset::train::sharded_optimizer_test
