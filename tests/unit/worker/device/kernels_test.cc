#include "worker/device/kernels.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/unit/worker/device/as_if_on_a_gpu.h"

namespace cresset::device {
namespace {

std::string what_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "nothing";
}

TEST(KernelsOverTensors, GatherAsIndexSelectDoes) {
  for (const auto type : {at::kFloat, at::kLong, at::kByte}) {
    const auto table = at::arange(600 * 50, at::kFloat).to(type).view({600, 5, 10});
    const auto numbers = at::arange(4000, at::kLong).mul(7).remainder(600);
    EXPECT_TRUE(gather_rows(table, numbers).equal(table.index_select(0, numbers)));
  }
}

TEST(KernelsOverTensors, OfNoNumbersGatherNoRows) {
  const auto rows = gather_rows(at::zeros({3, 2}), at::empty({0}, at::kLong));
  EXPECT_EQ(rows.sizes(), (std::vector<int64_t>{0, 2}));
}

TEST(KernelsOverTensors, MakeNumbersOfBytesAsLibtorchsOperationsDo) {
  const auto images =
      at::arange(40 * 3 * 64, at::kLong).remainder(256).to(at::kByte).view({40, 3, 8, 8});
  const auto mean = at::tensor({123.675F, 116.28F, 103.53F});
  const auto inverse = at::tensor({0.0171F, 0.0175F, 0.0174F});
  const auto wanted = images.to(at::kFloat).sub(mean.view({3, 1, 1})).mul(inverse.view({3, 1, 1}));
  EXPECT_TRUE(cast_and_scale(images, mean, inverse, at::kFloat).equal(wanted));
  EXPECT_TRUE(cast_and_scale(images, mean, inverse, at::kBFloat16).equal(wanted.to(at::kBFloat16)));
}

// Weights of convolutions may lie with their channels side by side; they travel as they lie.
TEST(KernelsOverTensors, PackAsCatAndToDoAndUnpack) {
  std::vector<at::Tensor> parts, back, flat;
  for (const int64_t size : {1, 0, 70'000, 3, 12, 40'000, 0}) {
    parts.push_back(at::arange(size, at::kFloat).sin());
    flat.push_back(parts.back());
    back.push_back(at::empty({size}));
  }
  parts.push_back(at::arange(2 * 3 * 4 * 5, at::kFloat)
                      .cos()
                      .view({2, 3, 4, 5})
                      .contiguous(at::MemoryFormat::ChannelsLast));
  flat.push_back(parts.back().permute({0, 2, 3, 1}).flatten());
  back.push_back(at::empty_like(parts.back()));
  const auto wanted = at::cat(flat).to(at::kBFloat16);
  const auto bucket = at::empty_like(wanted);
  pack_bf16(parts, bucket);
  EXPECT_TRUE(bucket.equal(wanted));
  unpack_bf16(bucket, back);
  for (size_t i = 0; i < parts.size(); ++i)
    EXPECT_TRUE(back[i].equal(parts[i].to(at::kBFloat16).to(at::kFloat))) << i;
}

TEST(KernelsOverTensors, RefuseWhatDoesNotFit) {
  const auto table = at::zeros({3, 2});
  const auto bytes = at::zeros({2, 3, 4}, at::kByte), two = at::zeros({2}), three = at::zeros({3});
  EXPECT_EQ(what_of([&] {
              gather_rows(table, at::tensor({1, 3}, at::kLong));
            }),
            "row 3 of a table of 3 rows");
  const auto first = at::tensor({0}, at::kLong);
  EXPECT_EQ(what_of([&] { gather_rows(table.t(), first); }), "1 rows of a table [2, 3]");
  EXPECT_EQ(what_of([&] { gather_rows(at::zeros({}), first); }), "1 rows of a table []");
  EXPECT_EQ(what_of([&] { gather_rows(at::zeros({0, 2}), first); }), "1 rows of a table [0, 2]");
  EXPECT_EQ(what_of([&] { cast_and_scale(bytes, two, three, at::kFloat); }),
            "images [2, 3, 4] with the numbers of 2 channels");
  EXPECT_EQ(what_of([&] { cast_and_scale(bytes, three, three, at::kHalf); }), "bytes as Half");
  EXPECT_EQ(what_of([&] {
              pack_bf16({two, three}, at::empty({4}, at::kBFloat16));
            }),
            "5 values of a bucket [4]");
  EXPECT_EQ(what_of([&] { pack_bf16({two}, at::empty({2}, at::kHalf)); }),
            "2 values of a bucket [2]");
  EXPECT_EQ(what_of([&] { pack_bf16({table.t()[0]}, at::empty({3}, at::kBFloat16)); }),
            "a part of a bucket that is not dense floats beside it");
}

TEST(KernelsOverTensors, OfAGpuAreRefusedWhereNoneIsBuiltForIt) {
  if (CRESSET_CUDA) GTEST_SKIP() << "here they are";
  std::vector<float> values(4), memory(2);
  const auto part = as_if_on_a_gpu(values, at::kFloat);
  const auto bucket = as_if_on_a_gpu(memory, at::kBFloat16);
  EXPECT_EQ(what_of([&] { pack_bf16({part}, bucket); }),
            "a tensor on cuda:0, where this build has no kernels");
}

}  // namespace
}  // namespace cresset::device
