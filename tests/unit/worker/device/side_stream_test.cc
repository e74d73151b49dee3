#include "worker/device/side_stream.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace cresset::device {
namespace {

TEST(SideStream, OfTheCpuDoesTheWorkAtOnce) {
  SideStream side(at::kCPU);
  at::Tensor made;
  side.run([&] { made = at::ones({3}); });
  ASSERT_TRUE(made.defined());
  side.hand_over({made, at::Tensor()});
  EXPECT_EQ(made.sum().item<double>(), 3);
}

}  // namespace
}  // namespace cresset::device
