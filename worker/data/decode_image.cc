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

bool are_allowed(int64_t height, int64_t width) {
  return height >= 1 && width >= 1 && height <= kMostPixels / width;
}

std::optional<size_t> pixels_of(int64_t height, int64_t width) {
  if (!are_allowed(height, width)) return std::nullopt;
  return static_cast<size_t>(height * width);
}

Result<Image> sized(const char* format, int64_t height, int64_t width) {
  if (!are_allowed(height, width))
    return broken(format, std::to_string(width) + " × " + std::to_string(height) +
                              " pixels, allowed are " + std::to_string(kMostPixels) + " in all");
  Image image{.height = static_cast<int32_t>(height), .width = static_cast<int32_t>(width)};
  image.pixels.resize(static_cast<size_t>(height * width) * 3);
  return image;
}

// An image whose header is read.
class Png {
 public:
  explicit Png(const std::string& bytes)
      : begun_(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) != 0) {}
  ~Png() { png_image_free(&image); }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;

  bool begun() const { return begun_; }
  png_image image = {.version = PNG_IMAGE_VERSION};

 private:
  bool begun_;
};

class Jpeg {
 public:
  explicit Jpeg(const std::string& bytes)
      : decoder_(tjInitDecompress(), tjDestroy),
        begun_(decoder_ && tjDecompressHeader3(decoder_.get(), data_of(bytes), bytes.size(), &width,
                                               &height, &sampling_, &space_) == 0) {}

  static const unsigned char* data_of(const std::string& bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
  }
  void* get() const { return decoder_.get(); }
  bool begun() const { return begun_; }
  int width = 0, height = 0;

 private:
  int sampling_ = 0, space_ = 0;
  std::unique_ptr<void, int (*)(void*)> decoder_;
  bool begun_;
};

}  // namespace

Result<Image> decode_png(const std::string& bytes) {
  Png png(bytes);
  if (!png.begun()) return broken("PNG", png.image.message);
  png.image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  png.image.format = PNG_FORMAT_RGBA;
  CRESSET_TRY(image, sized("PNG", png.image.height, png.image.width));
  std::vector<uint8_t> rgba(PNG_IMAGE_SIZE(png.image));
  if (!png_image_finish_read(&png.image, nullptr, rgba.data(), 0, nullptr))
    return broken("PNG", png.image.message);
  for (size_t from = 0, to = 0; from < rgba.size(); from += 4)
    for (size_t channel = 0; channel < 3; ++channel) image.pixels[to++] = rgba[from + channel];
  return image;
}

Result<Image> decode_jpeg(const std::string& bytes) {
  const Jpeg jpeg(bytes);
  if (!jpeg.begun()) return broken("JPEG", tjGetErrorStr2(jpeg.get()));
  CRESSET_TRY(image, sized("JPEG", jpeg.height, jpeg.width));
  if (tjDecompress2(jpeg.get(), Jpeg::data_of(bytes), bytes.size(), image.pixels.data(), jpeg.width,
                    0, jpeg.height, TJPF_RGB, TJFLAG_STOPONWARNING) != 0)
    return broken("JPEG", tjGetErrorStr2(jpeg.get()));
  return image;
}

std::optional<size_t> pixels_of_png(const std::string& bytes) {
  const Png png(bytes);
  return png.begun() ? pixels_of(png.image.height, png.image.width) : std::nullopt;
}

std::optional<size_t> pixels_of_jpeg(const std::string& bytes) {
  const Jpeg jpeg(bytes);
  return jpeg.begun() ? pixels_of(jpeg.height, jpeg.width) : std::nullopt;
}

}  // namespace cresset::data
