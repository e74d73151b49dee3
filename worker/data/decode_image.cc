#include "worker/data/decode_image.h"

#include <png.h>
#include <turbojpeg.h>

#include <memory>

namespace cresset::data {

using base::Result;

namespace {

constexpr int64_t kMostPixels = int64_t{1} << 26;

base::Failure broken(const char* format, const std::string& why) {
  return base::fail(base::invalid(std::string("not readable as ") + format + ": " + why));
}

Result<Image> sized(const char* format, int64_t height, int64_t width) {
  if (height < 1 || width < 1 || height > kMostPixels / width)
    return broken(format, std::to_string(width) + " × " + std::to_string(height) +
                              " pixels, allowed are " + std::to_string(kMostPixels) + " in all");
  Image image{.height = static_cast<int32_t>(height), .width = static_cast<int32_t>(width)};
  image.pixels.resize(static_cast<size_t>(height * width) * 3);
  return image;
}

}  // namespace

Result<Image> decode_png(const std::string& bytes) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, void (*)(png_image*)> owner(&png, png_image_free);
  if (!png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()))
    return broken("PNG", png.message);
  png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  png.format = PNG_FORMAT_RGBA;
  CRESSET_TRY(image, sized("PNG", png.height, png.width));
  std::vector<uint8_t> rgba(PNG_IMAGE_SIZE(png));
  if (!png_image_finish_read(&png, nullptr, rgba.data(), 0, nullptr))
    return broken("PNG", png.message);
  for (size_t from = 0, to = 0; from < rgba.size(); from += 4)
    for (size_t channel = 0; channel < 3; ++channel) image.pixels[to++] = rgba[from + channel];
  return image;
}

Result<Image> decode_jpeg(const std::string& bytes) {
  const std::unique_ptr<void, int (*)(void*)> decoder(tjInitDecompress(), tjDestroy);
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0, height = 0, sampling = 0, space = 0;
  if (!decoder || tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &sampling,
                                      &space) != 0)
    return broken("JPEG", tjGetErrorStr2(decoder.get()));
  CRESSET_TRY(image, sized("JPEG", height, width));
  if (tjDecompress2(decoder.get(), data, bytes.size(), image.pixels.data(), width, 0, height,
                    TJPF_RGB, TJFLAG_STOPONWARNING) != 0)
    return broken("JPEG", tjGetErrorStr2(decoder.get()));
  return image;
}

}  // namespace cresset::data
