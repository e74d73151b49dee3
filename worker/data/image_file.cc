// An image as a row of two columns: `class`, the name of the folder that it lies in, and `pixel`, a
// list of its values, channel by channel, row by row.
#include <arrow/api.h>

#include "worker/data/core/file_kind.h"
#include "worker/data/data_file.h"
#include "worker/data/decode_image.h"

namespace cresset::data {

using base::Result;

namespace {

constexpr char kClass[] = "class";
constexpr char kPixel[] = "pixel";

std::string folder_of(const std::string& uri) {
  const size_t end = uri.rfind('/');
  const size_t begin = uri.rfind('/', end - 1);
  return uri.substr(begin + 1, end - begin - 1);
}

// One channel after the other, as networks take them.
std::vector<uint8_t> planes(const Image& image) {
  std::vector<uint8_t> values;
  values.reserve(image.pixels.size());
  const auto channels = static_cast<size_t>(image.channels);
  for (size_t channel = 0; channel < channels; ++channel)
    for (size_t i = channel; i < image.pixels.size(); i += channels)
      values.push_back(image.pixels[i]);
  return values;
}

arrow::Result<std::shared_ptr<arrow::Table>> rows_of(const std::string& label,
                                                     const std::vector<uint8_t>& values,
                                                     int32_t width) {
  arrow::StringBuilder labels;
  arrow::UInt8Builder pixels;
  if (!values.empty()) ARROW_RETURN_NOT_OK(labels.Append(label));
  ARROW_RETURN_NOT_OK(pixels.AppendValues(values));
  ARROW_ASSIGN_OR_RAISE(auto label_array, labels.Finish());
  ARROW_ASSIGN_OR_RAISE(auto pixel_array, pixels.Finish());
  ARROW_ASSIGN_OR_RAISE(auto lists, arrow::FixedSizeListArray::FromArrays(pixel_array, width));
  return arrow::Table::Make(
      arrow::schema({arrow::field(kClass, arrow::utf8()), arrow::field(kPixel, lists->type())}),
      {label_array, lists});
}

}  // namespace

OpenedFile open_image(const std::string& uri, const std::string& bytes,
                      const worker_contract::ImagesSpec& images, BadRows& bad) {
  if (images.height == 0)
    return base::fail(base::invalid(
        "spec.training.data.images is required to read images: it tells the size they all get"));
  CRESSET_TRY(kind, file_kind(uri));
  auto decoded = kind.format == FileFormat::kPng ? decode_png(bytes) : decode_jpeg(bytes);
  std::vector<uint8_t> values;
  if (decoded) {
    Image image = images.channels == 1 ? to_gray(*decoded) : std::move(*decoded);
    values = planes(resize(std::move(image), static_cast<int32_t>(images.height),
                           static_cast<int32_t>(images.width)));
  } else {
    CRESSET_CHECK(bad.add([&] { return decoded.error().message(); }));
  }
  auto table = rows_of(folder_of(uri), values,
                       static_cast<int32_t>(images.channels * images.height * images.width));
  if (!table.ok()) return base::fail(base::invalid(table.status().message()));
  return WholeFile::make(*table);
}

}  // namespace cresset::data
