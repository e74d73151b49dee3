#include "tests/unit/worker/cpu/kernels.h"

#include <gmock/gmock.h>

#include "worker/cpu/batches.h"
#include "worker/cpu/buckets.h"

namespace cresset {
namespace {

struct Cpu {
  template <typename T>
  class Memory {
   public:
    explicit Memory(std::vector<T> values) : values_(std::move(values)) {}
    T* data() { return values_.data(); }
    const std::vector<T>& read() const { return values_; }

   private:
    std::vector<T> values_;
  };

  static base::Result<void> gather_rows(auto... all) { return cpu::gather_rows(all...); }
  static base::Result<void> cast_and_scale(auto... all) {
    return cpu::cast_and_scale(all...), ok();
  }
  static base::Result<void> pack_bf16(auto... all) { return cpu::pack_bf16(all...), ok(); }
  static base::Result<void> unpack_bf16(auto... all) { return cpu::unpack_bf16(all...), ok(); }
  static base::Result<void> ok() { return {}; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(OnTheCpu, Kernels, Cpu);

TEST(CpuBatches, ARowThatIsNotThereIsAnErrorAndNothingIsWritten) {
  const std::vector<uint8_t> table{1, 2};
  std::vector<uint8_t> batch{9, 9};
  for (const int64_t wrong : {int64_t{2}, int64_t{-1}}) {
    const std::vector<int64_t> indices{0, wrong};
    const auto gathered = cpu::gather_rows(table.data(), 2, 1, indices.data(), 2, batch.data());
    ASSERT_FALSE(gathered);
    EXPECT_EQ(gathered.error().message(), "row " + std::to_string(wrong) + " of a table of 2 rows");
  }
  EXPECT_THAT(batch, testing::Each(9));
}

}  // namespace
}  // namespace cresset
