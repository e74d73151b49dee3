#pragma once
// Images of another size: each pixel the mean of those under a triangle as wide as the picture
// shrinks (bilinear, with antialiasing), along rows and then along columns, in the 8 bits and with
// the fixed-point weights of Pillow's Image.resize(size, BILINEAR). Pillow may begin with the
// columns where that costs less; then a value may differ by one. Pure.

#include <cstdint>
#include <vector>

namespace cresset::data {

struct Image {
  int32_t height = 0;
  int32_t width = 0;
  int32_t channels = 3;
  std::vector<uint8_t> pixels;  // height × width × channels
};

Image resize(Image image, int32_t height, int32_t width);
// One channel of three, as Pillow's convert("L"): ITU-R 601-2 luma.
Image to_gray(const Image& rgb);

}  // namespace cresset::data
