#pragma once
// What the kernels of worker/cpu and worker/cuda do, said once for both: a suite that is
// instantiated with a type that has worker/cpu's functions as static ones, each answering a Result,
// and `Memory<T>`, which is made of values and can be read(). Expected are numbers of a plain loop.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <numeric>
#include <vector>

#include "operator/base/result.h"
#include "worker/cpu/bf16.h"

namespace cresset {

template <typename Side>
class Kernels : public testing::Test {
 protected:
  template <typename T>
  using Memory = typename Side::template Memory<T>;
};
TYPED_TEST_SUITE_P(Kernels);

inline void expect_done(const base::Result<void>& result) {
  EXPECT_TRUE(result) << result.error().message();
}

template <typename T>
std::vector<T> counted(size_t size) {
  std::vector<T> values(size);
  std::iota(values.begin(), values.end(), T{1});
  return values;
}

// Widths of rows that are moved byte by byte, by fours, and by sixteens; of one and of many blocks.
TYPED_TEST_P(Kernels, RowsAreGatheredByTheirNumbersWhateverTheirWidth) {
  for (const size_t width : {1, 3, 4, 52, 64, 1040, 100'000}) {
    const int64_t rows = 7;
    const auto table = counted<uint8_t>(width * rows);
    const std::vector<int64_t> indices{6, 0, 3, 3, 5, 0, 1, 2, 6};
    typename TestFixture::template Memory<uint8_t> from(table),
        into(std::vector<uint8_t>(width * indices.size()));
    typename TestFixture::template Memory<int64_t> chosen(indices);
    expect_done(TypeParam::gather_rows(from.data(), rows, width, chosen.data(),
                                       static_cast<int64_t>(indices.size()), into.data()));
    const auto batch = into.read();
    for (size_t i = 0; i < indices.size(); ++i)
      for (size_t b = 0; b < width; ++b)
        ASSERT_EQ(batch[i * width + b], table[static_cast<size_t>(indices[i]) * width + b])
            << "byte " << b << " of row " << i << ", " << width << " bytes wide";
  }
}

TYPED_TEST_P(Kernels, NoRowsAreNothingToMove) {
  const std::vector<uint8_t> values{1, 2};
  typename TestFixture::template Memory<uint8_t> table(values), batch(values);
  typename TestFixture::template Memory<int64_t> chosen(std::vector<int64_t>{0});
  expect_done(TypeParam::gather_rows(table.data(), 2, 1, chosen.data(), 0, batch.data()));
  EXPECT_EQ(batch.read(), values);
}

struct Images {
  int64_t count, channels, pixels;
  std::vector<uint8_t> bytes() const {
    return counted<uint8_t>(static_cast<size_t>(count * channels * pixels));
  }
};
inline const std::vector<float> kMean{10, 0.5F, 100}, kInverse{0.5F, 2, 1.0F / 3};

// What a plane's pixel should be, and where it lies.
template <typename Check>
void each_pixel(const Images& images, Check check) {
  const auto bytes = images.bytes();
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto channel =
        i / static_cast<size_t>(images.pixels) % static_cast<size_t>(images.channels);
    check(i, (static_cast<float>(bytes[i]) - kMean[channel]) * kInverse[channel]);
  }
}

// Planes that go by fours and that do not, of one block and of several.
inline const std::vector<Images> kImages{{3, 3, 784}, {2, 1, 25}, {1, 2, 40'000}, {5, 3, 1}};

TYPED_TEST_P(Kernels, BytesOfImagesBecomeFloatsLessTheMeanOfTheirChannel) {
  for (const auto& images : kImages) {
    const auto bytes = images.bytes();
    typename TestFixture::template Memory<uint8_t> from(bytes);
    typename TestFixture::template Memory<float> mean(kMean), inverse(kInverse),
        into(std::vector<float>(bytes.size()));
    expect_done(TypeParam::cast_and_scale(from.data(), images.count * images.channels,
                                          images.pixels, images.channels, mean.data(),
                                          inverse.data(), into.data()));
    const auto floats = into.read();
    each_pixel(images, [&](size_t i, float wanted) { ASSERT_EQ(floats[i], wanted) << i; });
  }
}

// A tie goes to the even one.
TYPED_TEST_P(Kernels, BytesOfImagesBecomeTheNearestBf16) {
  for (const auto& images : kImages) {
    const auto bytes = images.bytes();
    typename TestFixture::template Memory<uint8_t> from(bytes);
    typename TestFixture::template Memory<float> mean(kMean), inverse(kInverse);
    typename TestFixture::template Memory<uint16_t> into(std::vector<uint16_t>(bytes.size()));
    expect_done(TypeParam::cast_and_scale(from.data(), images.count * images.channels,
                                          images.pixels, images.channels, mean.data(),
                                          inverse.data(), into.data()));
    const auto halves = into.read();
    each_pixel(images, [&](size_t i, float wanted) {
      const float found = std::bit_cast<float>(static_cast<uint32_t>(halves[i]) << 16);
      const float ulp = std::ldexp(1.0F, std::ilogb(wanted == 0 ? 1 : wanted) - 7);
      ASSERT_LE(std::abs(found - wanted), ulp / 2) << i;
      const bool is_tie = std::abs(found - wanted) == ulp / 2;
      ASSERT_TRUE(!is_tie || halves[i] % 2 == 0) << i;
    });
  }
}

// One part more than go with one launch, of sizes that end anywhere, one of them empty.
inline std::vector<int64_t> sizes_of_parts() {
  std::vector<int64_t> sizes{10'000, 3, 0, 8, 4096, 5};
  while (sizes.size() < 257) sizes.push_back(static_cast<int64_t>(sizes.size()) % 9 + 1);
  return sizes;
}

TYPED_TEST_P(Kernels, ManyTensorsBecomeOneBucketAndComeBackRounded) {
  using Floats = typename TestFixture::template Memory<float>;
  const auto sizes = sizes_of_parts();
  std::vector<std::vector<float>> values;
  std::vector<Floats> parts, back;
  std::vector<const float*> from;
  std::vector<float*> into;
  for (size_t i = 0; i < sizes.size(); ++i) {
    values.emplace_back(static_cast<size_t>(sizes[i]));
    for (size_t k = 0; k < values[i].size(); ++k)
      values[i][k] = std::sin(static_cast<float>(i * 31 + k)) * 1000;
    parts.emplace_back(values[i]);
    back.emplace_back(std::vector<float>(values[i].size()));
  }
  for (auto& part : parts) from.push_back(part.data());
  for (auto& part : back) into.push_back(part.data());
  const auto total = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
  typename TestFixture::template Memory<uint16_t> bucket(
      std::vector<uint16_t>(static_cast<size_t>(total), 7));
  expect_done(TypeParam::pack_bf16(from.data(), sizes.data(), sizes.size(), bucket.data()));
  expect_done(TypeParam::unpack_bf16(bucket.data(), into.data(), sizes.data(), sizes.size()));
  for (size_t i = 0; i < sizes.size(); ++i) {
    const auto found = back[i].read();
    for (size_t k = 0; k < found.size(); ++k)
      ASSERT_EQ(found[k], cpu::from_bf16(cpu::to_bf16(values[i][k])))
          << "value " << k << " of " << i;
  }
}

TYPED_TEST_P(Kernels, RoundingToBf16GoesToTheEvenOneInATieAndKeepsWhatIsNoNumber) {
  const auto of = [](uint32_t bits) { return std::bit_cast<float>(bits); };
  // Half a step above an even and an odd one, the greatest float, which becomes infinite, and NaN.
  const std::vector<float> values{
      of(0x3f808000), of(0x3f818000), -0.0F, of(0x7f7fffff), INFINITY, NAN, of(0x00000001)};
  typename TestFixture::template Memory<float> part(values);
  typename TestFixture::template Memory<uint16_t> bucket(std::vector<uint16_t>(values.size()));
  const float* from = part.data();
  const auto size = static_cast<int64_t>(values.size());
  expect_done(TypeParam::pack_bf16(&from, &size, 1, bucket.data()));
  auto halves = bucket.read();
  EXPECT_TRUE(std::isnan(of(static_cast<uint32_t>(halves[5]) << 16)));
  halves[5] = 0;
  EXPECT_EQ(halves, (std::vector<uint16_t>{0x3f80, 0x3f82, 0x8000, 0x7f80, 0x7f80, 0, 0}));
}

REGISTER_TYPED_TEST_SUITE_P(Kernels, RowsAreGatheredByTheirNumbersWhateverTheirWidth,
                            NoRowsAreNothingToMove,
                            BytesOfImagesBecomeFloatsLessTheMeanOfTheirChannel,
                            BytesOfImagesBecomeTheNearestBf16,
                            ManyTensorsBecomeOneBucketAndComeBackRounded,
                            RoundingToBf16GoesToTheEvenOneInATieAndKeepsWhatIsNoNumber);

}  // namespace cresset
