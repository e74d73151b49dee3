#include "worker/dist/reducer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <mutex>

#include "tests/unit/worker/dist/ranks.h"
#include "worker/data/core/sharding.h"

namespace cresset::dist {
namespace {

constexpr int64_t kRows = 10;

// Three layers, the same on every thread: no generator is shared.
std::vector<at::Tensor> make_parameters(int64_t width = 6) {
  std::vector<at::Tensor> parameters;
  const std::vector<std::vector<int64_t>> shapes{{width, 4}, {width}, {5, width}, {5}, {3, 5}, {3}};
  for (const auto& shape : shapes) {
    const int64_t size = c10::multiply_integers(shape);
    parameters.push_back(
        at::arange(size, at::kFloat).sin().view(shape).clone().requires_grad_(true));
  }
  return parameters;
}

at::Tensor samples() { return at::arange(kRows * 4, at::kFloat).cos().view({kRows, 4}); }
at::Tensor targets() { return at::arange(kRows, at::kLong).remainder(3); }

at::Tensor forward(const std::vector<at::Tensor>& p, const at::Tensor& inputs) {
  const auto first = at::linear(inputs, p[0], p[1]).tanh();
  return at::linear(at::linear(first, p[2], p[3]).tanh(), p[4], p[5]);
}

// The loss of some rows, as a part of the mean over all.
at::Tensor part_of_loss(const std::vector<at::Tensor>& p, int64_t begin, int64_t size) {
  return at::cross_entropy_loss(forward(p, samples().narrow(0, begin, size)),
                                targets().narrow(0, begin, size), {}, at::Reduction::Sum) /
         static_cast<double>(kRows);
}

std::vector<at::Tensor> gradients_of_one_process() {
  const auto parameters = make_parameters();
  part_of_loss(parameters, 0, kRows).backward();
  std::vector<at::Tensor> gradients;
  for (const auto& parameter : parameters) gradients.push_back(parameter.grad());
  return gradients;
}

// As training does: this rank's rows, or none.
void backward(Reducer& reducer, const std::vector<at::Tensor>& parameters, data::Range rows) {
  reducer.prepare();
  reducer.attach({static_cast<double>(rows.size()), 0.5, 0});
  if (rows.size() > 0)
    part_of_loss(parameters, rows.begin, rows.size()).backward();
  else
    reducer.skip_backward();
}

class UnevenShards : public testing::TestWithParam<int> {};

TEST_P(UnevenShards, GiveTheSameMeanGradientAsOneProcess) {
  const auto wanted = gradients_of_one_process();
  as_ranks(GetParam(), [&](ProcessGroup& group) {
    const auto parameters = make_parameters();
    Reducer reducer(parameters, group, {.bucket_bytes = 64});
    for (int pass = 0; pass < 2; ++pass) {  // the second one finds the first one's leavings
      backward(reducer, parameters, data::shard(kRows, group.rank(), group.size()));
      const auto sums = reducer.finish();
      ASSERT_TRUE(sums) << sums.error().message();
      EXPECT_EQ((*sums)[0], kRows);
      EXPECT_EQ((*sums)[1], 0.5 * group.size());
      for (size_t i = 0; i < wanted.size(); ++i)
        EXPECT_TRUE(parameters[i].grad().allclose(wanted[i], 1e-5, 1e-7)) << "parameter " << i;
    }
  });
}

TEST_P(UnevenShards, InMicroBatchesGiveTheSameAndTheSumsStartInTheLastOne) {
  const auto wanted = gradients_of_one_process();
  as_ranks(GetParam(), [&](ProcessGroup& group) {
    const auto parameters = make_parameters();
    Reducer reducer(parameters, group, {.bucket_bytes = 64});
    const auto rows = data::shard(kRows, group.rank(), group.size());
    int64_t pass = 0;
    reducer.on_start([&](size_t) { EXPECT_EQ(pass, rows.size()); });
    reducer.prepare(rows.size());  // a pass a row
    for (int64_t row = rows.begin; row < rows.end; ++row) {
      ++pass;
      if (row + 1 == rows.end) reducer.attach({static_cast<double>(rows.size()), 0.5, 0});
      part_of_loss(parameters, row, 1).backward();
    }
    if (rows.size() == 0) {
      reducer.attach({0, 0.5, 0});
      reducer.skip_backward();
    }
    const auto sums = reducer.finish();
    ASSERT_TRUE(sums) << sums.error().message();
    EXPECT_EQ((*sums)[0], kRows);
    for (size_t i = 0; i < wanted.size(); ++i)
      EXPECT_TRUE(parameters[i].grad().allclose(wanted[i], 1e-5, 1e-7)) << "parameter " << i;
  });
}

// Each rank rounds what it gives, and each partial sum is rounded: by 2^-9 of it at most.
TEST_P(UnevenShards, InBf16GiveTheMeanWithinItsRoundingAndTheNumbersExactly) {
  const auto wanted = gradients_of_one_process();
  std::mutex mutex;
  std::vector<std::vector<at::Tensor>> of_ranks;
  as_ranks(GetParam(), [&](ProcessGroup& group) {
    const auto parameters = make_parameters();
    Reducer reducer(parameters, group, {.bucket_bytes = 64, .in_bf16 = true});
    const auto rows = data::shard(kRows, group.rank(), group.size());
    backward(reducer, parameters, rows);
    const auto sums = reducer.finish();
    ASSERT_TRUE(sums) << sums.error().message();
    EXPECT_EQ((*sums)[0], kRows);
    std::vector<at::Tensor> gradients;
    for (size_t i = 0; i < wanted.size(); ++i) {
      gradients.push_back(parameters[i].grad().clone());
      const double most = wanted[i].abs().max().item<double>() * group.size() / 256;
      EXPECT_TRUE(gradients[i].allclose(wanted[i], 0, group.size() == 1 ? 1e-7 : most)) << i;
    }
    const std::lock_guard lock(mutex);
    of_ranks.push_back(std::move(gradients));
  });
  ASSERT_EQ(of_ranks.size(), static_cast<size_t>(GetParam()));
  for (const auto& gradients : of_ranks)
    for (size_t i = 0; i < wanted.size(); ++i) EXPECT_TRUE(gradients[i].equal(of_ranks[0][i]));
  const auto& some = of_ranks[0][0];
  EXPECT_EQ(some.equal(some.to(at::kBFloat16).to(at::kFloat)), GetParam() > 1);
}

TEST_P(UnevenShards, InBf16MicroBatchesAddUpAndWhatTookNoPartIsZeros) {
  const auto wanted = gradients_of_one_process();
  as_ranks(GetParam(), [&](ProcessGroup& group) {
    auto parameters = make_parameters();
    parameters.push_back(at::ones({3}).requires_grad_(true));
    Reducer reducer(parameters, group, {.bucket_bytes = 64, .in_bf16 = true});
    for (int step = 0; step < 2; ++step) {  // the second one finds the first one's leavings
      const auto rows = data::shard(kRows, group.rank(), group.size());
      reducer.prepare(rows.size());  // a pass a row
      for (int64_t row = rows.begin; row < rows.end; ++row)
        part_of_loss(parameters, row, 1).backward();
      const auto sums = reducer.finish();
      ASSERT_TRUE(sums) << sums.error().message();
      EXPECT_TRUE(parameters.back().grad().eq(0).all().item<bool>());
      for (size_t i = 0; i < wanted.size(); ++i) {
        const double most = wanted[i].abs().max().item<double>() * group.size() / 256;
        EXPECT_TRUE(parameters[i].grad().allclose(wanted[i], 1e-5, most)) << i;
      }
    }
  });
}

// Of values that bf16 loses when they are added one by one.
TEST(ReducerInBf16, RoundsWhatThePassesOfARankAddUpTo) {
  as_ranks(2, [](ProcessGroup& group) {
    const auto parameter = at::ones({2}).requires_grad_(true);
    Reducer reducer({parameter}, group, {.in_bf16 = true});
    reducer.prepare(3);
    for (const double part : {1.0, 0x1p-8, 0x1p-8}) parameter.mul(part).sum().backward();
    ASSERT_TRUE(reducer.finish());
    EXPECT_TRUE(parameter.grad().eq(2 + 0x1p-6).all().item<bool>()) << parameter.grad();
  });
}

struct Exchange {
  int ranks;
  bool in_bf16;
  int passes;
};
class TwoSteps : public testing::TestWithParam<Exchange> {
 protected:
  // Those of the second, over ranks and passes of the same loss, once each is halved in place, as
  // clipping does.
  static std::vector<at::Tensor> halved_gradients(const std::vector<at::Tensor>& parameters,
                                                  ProcessGroup& group,
                                                  const std::function<at::Tensor()>& loss) {
    Reducer reducer(parameters, group, {.in_bf16 = GetParam().in_bf16});
    std::vector<at::Tensor> gradients;
    for (int step = 0; step < 2; ++step) {
      reducer.prepare(GetParam().passes);
      for (int pass = 0; pass < GetParam().passes; ++pass) loss().backward();
      EXPECT_TRUE(reducer.finish());
      gradients.clear();
      for (const auto& parameter : parameters) parameter.grad().mul_(0.5);
      for (const auto& parameter : parameters) gradients.push_back(parameter.grad().clone());
    }
    return gradients;
  }
  // Of what one pass of one rank gives.
  static double factor() { return GetParam().ranks * GetParam().passes / 2.0; }
};

// Autograd gives both a view of one gradient.
TEST_P(TwoSteps, GiveParametersThatAreAddedGradientsOfTheirOwn) {
  as_ranks(GetParam().ranks, [](ProcessGroup& group) {
    const std::vector<at::Tensor> parameters{at::ones({3, 1}).requires_grad_(true),
                                             at::ones({1, 3}).requires_grad_(true)};
    const auto loss = [&] {
      return (parameters[0].view({-1}) + parameters[1].view({-1})).dot(at::tensor({1.F, 2.F, 3.F}));
    };
    for (const auto& gradient : halved_gradients(parameters, group, loss))
      EXPECT_TRUE(gradient.flatten().equal(at::tensor({1.F, 2.F, 3.F}) * factor())) << gradient;
  });
}

TEST_P(TwoSteps, TakeWeightsOfDoublesAndHalves) {
  as_ranks(GetParam().ranks, [](ProcessGroup& group) {
    for (const auto type : {at::kDouble, at::kHalf, at::kBFloat16}) {
      const auto weight = at::ones({2}, type).requires_grad_(true);
      const auto loss = [&] { return weight.mul(3).sum(); };
      const auto gradient = halved_gradients({weight}, group, loss)[0];
      EXPECT_TRUE(gradient.equal(at::full({2}, 3 * factor(), type))) << gradient;
    }
  });
}

TEST_P(TwoSteps, SumASparseGradientAsADenseOne) {
  as_ranks(GetParam().ranks, [](ProcessGroup& group) {
    const auto weight = at::ones({4, 2}).requires_grad_(true);
    const auto rows = at::tensor({1, 3, 3}, at::kLong);
    const auto loss = [&] { return at::embedding(weight, rows, -1, false, /*sparse=*/true).sum(); };
    const auto gradient = halved_gradients({weight}, group, loss)[0];
    const auto wanted = at::tensor({0.F, 0.F, 1.F, 1.F, 0.F, 0.F, 2.F, 2.F}).view({4, 2});
    EXPECT_TRUE(gradient.equal(wanted * factor())) << gradient;
  });
}

INSTANTIATE_TEST_SUITE_P(Exchanges, TwoSteps,
                         testing::Values(Exchange{1, false, 1}, Exchange{1, false, 2},
                                         Exchange{2, false, 1}, Exchange{2, false, 2},
                                         Exchange{2, true, 1}, Exchange{2, true, 2}));

// 3 and 4 do not divide 10; of 12 ranks two have no row.
INSTANTIATE_TEST_SUITE_P(Ranks, UnevenShards, testing::Values(1, 2, 3, 4, 12));

struct Sizes {
  int64_t width;
  int64_t bucket_bytes;
};
class Overlap : public testing::TestWithParam<Sizes> {};

TEST_P(Overlap, TheFirstSumStartsBeforeTheBackwardPassEnds) {
  as_ranks(2, [](ProcessGroup& group) {
    const auto parameters = make_parameters(GetParam().width);
    Reducer reducer(parameters, group, {.bucket_bytes = GetParam().bucket_bytes});
    ASSERT_GE(reducer.buckets(), 2U);
    std::vector<std::string> trace;
    reducer.on_start([&](size_t bucket) { trace.push_back("sum " + std::to_string(bucket)); });
    reducer.prepare();
    auto inputs = samples().requires_grad_(true);
    inputs.register_hook([&](const at::Tensor&) { trace.push_back("backward at the inputs"); });
    auto hidden = at::linear(inputs, parameters[0], parameters[1]).tanh();
    hidden.register_hook(
        [&](const at::Tensor&) { trace.push_back("backward at the first layer"); });
    const auto out = at::linear(at::linear(hidden, parameters[2], parameters[3]).tanh(),
                                parameters[4], parameters[5]);
    out.sum().backward();
    ASSERT_TRUE(reducer.finish());
    ASSERT_FALSE(trace.empty());
    EXPECT_EQ(trace.front(), "sum 0");
    const auto first_layer = std::find(trace.begin(), trace.end(), "backward at the first layer");
    ASSERT_NE(first_layer, trace.end());
    EXPECT_GT(first_layer - trace.begin(), 0);
    EXPECT_NE(std::find(first_layer, trace.end(), "sum " + std::to_string(reducer.buckets() - 1)),
              trace.end());
  });
}

INSTANTIATE_TEST_SUITE_P(SmallBuckets, Overlap, testing::Values(Sizes{6, 64}));
INSTANTIATE_TEST_SUITE_P(ThoseOfTraining, Overlap,
                         testing::Values(Sizes{60'000, Reducer::Options{}.bucket_bytes}));

TEST(Reducer, AParameterThatTakesNoPartCountsWithZeros) {
  const auto group = join_group({}).value();
  const auto parameters = make_parameters();
  Reducer reducer(parameters, *group, {.bucket_bytes = 64});
  for (int step = 0; step < 2; ++step) {
    reducer.prepare();
    reducer.attach({2.5, 0, 1});
    (step == 0 ? parameters[5] : parameters[0]).sum().backward();
    const auto sums = reducer.finish();
    ASSERT_TRUE(sums) << sums.error().message();
    EXPECT_EQ(*sums, (Reducer::Attached{2.5, 0, 1}));
    EXPECT_TRUE(parameters[step == 0 ? 5 : 0].grad().eq(1).all().item<bool>());
    EXPECT_TRUE(parameters[step == 0 ? 0 : 5].grad().eq(0).all().item<bool>());
  }
}

}  // namespace
}  // namespace cresset::dist
