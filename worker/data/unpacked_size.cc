#include "worker/data/unpacked_size.h"

#include <optional>

#include "worker/data/core/zip.h"
#include "worker/data/decode_image.h"
#include "worker/data/gzip.h"

namespace cresset::data {

namespace {

// The three that are taken, and PNG's four or what progressive JPEG keeps.
constexpr size_t kBytesOfPixel = 9;

size_t of_image(std::optional<size_t> pixels) {
  return pixels ? *pixels * kBytesOfPixel : kNotToldSize;
}

}  // namespace

size_t unpacked_size(const FileKind& kind, const std::string& bytes) {
  if (kind.gzip) return gunzipped_size(bytes);
  switch (kind.format) {
    case FileFormat::kNpz:
      return unzipped_size(bytes).value_or(kNotToldSize);
    case FileFormat::kPng:
      return of_image(pixels_of_png(bytes));
    case FileFormat::kJpeg:
      return of_image(pixels_of_jpeg(bytes));
    case FileFormat::kParquet:
    case FileFormat::kCsv:
    case FileFormat::kJsonLines:
    case FileFormat::kNpy:
    case FileFormat::kTfRecord:
      return 0;
  }
  return kNotToldSize;
}

}  // namespace cresset::data
