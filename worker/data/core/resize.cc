#include "worker/data/core/resize.h"

#include <algorithm>
#include <cmath>

namespace cresset::data {

namespace {

constexpr int kFraction = 22;  // bits of a weight behind the point

// What one place of the new row is made of: weights of the old places from `first` on.
struct Taps {
  int32_t first = 0;
  std::vector<int32_t> weights;
};

std::vector<Taps> taps_of(int32_t from, int32_t to) {
  const double scale = static_cast<double>(from) / to, reach = std::max(scale, 1.0);
  const double narrow = 1 / reach;
  std::vector<Taps> all(static_cast<size_t>(to));
  for (int32_t place = 0; place < to; ++place) {
    const double center = (place + 0.5) * scale;
    auto& taps = all[static_cast<size_t>(place)];
    taps.first = std::max(static_cast<int32_t>(center - reach + 0.5), 0);
    const int32_t end = std::min(static_cast<int32_t>(center + reach + 0.5), from);
    std::vector<double> weights;
    double sum = 0;
    for (int32_t i = taps.first; i < end; ++i) {
      weights.push_back(std::max(1 - std::abs((i - center + 0.5) * narrow), 0.0));
      sum += weights.back();
    }
    for (const double weight : weights)
      taps.weights.push_back(static_cast<int32_t>(weight * (1 / sum) * (1 << kFraction) + 0.5));
  }
  return all;
}

// `lines` lines of `places` places of `values` values each, with as many places as there are taps.
std::vector<uint8_t> along(const std::vector<uint8_t>& from, size_t lines, size_t places,
                           size_t values, const std::vector<Taps>& all) {
  std::vector<uint8_t> into;
  into.reserve(lines * all.size() * values);
  for (size_t line = 0; line < lines; ++line)
    for (const auto& [first, weights] : all)
      for (size_t value = 0; value < values; ++value) {
        int64_t sum = 1 << (kFraction - 1);
        size_t at = (line * places + static_cast<size_t>(first)) * values + value;
        for (const int32_t weight : weights) {
          sum += static_cast<int64_t>(weight) * from[at];
          at += values;
        }
        into.push_back(static_cast<uint8_t>(std::clamp<int64_t>(sum >> kFraction, 0, 255)));
      }
  return into;
}

}  // namespace

Image resize(Image image, int32_t height, int32_t width) {
  const auto channels = static_cast<size_t>(image.channels);
  const auto rows = static_cast<size_t>(image.height), places = static_cast<size_t>(image.width);
  if (width != image.width)
    image.pixels = along(image.pixels, rows, places, channels, taps_of(image.width, width));
  if (height != image.height)
    image.pixels = along(image.pixels, 1, rows, static_cast<size_t>(width) * channels,
                         taps_of(image.height, height));
  image.width = width;
  image.height = height;
  return image;
}

Image to_gray(const Image& rgb) {
  Image gray{.height = rgb.height, .width = rgb.width, .channels = 1, .pixels = {}};
  gray.pixels.reserve(rgb.pixels.size() / 3);
  for (size_t i = 0; i + 2 < rgb.pixels.size(); i += 3)
    gray.pixels.push_back(static_cast<uint8_t>(
        (rgb.pixels[i] * 19595 + rgb.pixels[i + 1] * 38470 + rgb.pixels[i + 2] * 7471 + 0x8000) >>
        16));
  return gray;
}

}  // namespace cresset::data
