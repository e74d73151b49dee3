#include "crds/worker_contract/data_files_spec.h"

namespace cresset::worker_contract {

using base::Json;
using base::Result;

namespace {

constexpr int64_t kMostBadRows = 1000000000;
constexpr int64_t kLargestSide = 512;
constexpr int64_t kUsualWindow = 65536;
constexpr int64_t kLargestWindow = 1000000000;
constexpr int64_t kMostMebibytes = 1 << 20;

}  // namespace

Result<BadRowsSpec> decode_bad_rows(const Json& json, const std::string& path) {
  BadRowsSpec bad_rows;
  base::Reader reader(json, path);
  if (auto limit = reader.integer("limit", {0, kMostBadRows})) bad_rows.limit = *limit;
  CRESSET_CHECK(reader.finish());
  return bad_rows;
}

Result<ImagesSpec> decode_images(const Json& json, const std::string& path) {
  ImagesSpec images;
  base::Reader reader(json, path);
  if (auto height = reader.require("height").integer("height", {1, kLargestSide}))
    images.height = *height;
  if (auto width = reader.require("width").integer("width", {1, kLargestSide}))
    images.width = *width;
  if (auto channels = reader.integer("channels", {1, 3})) images.channels = *channels;
  if (images.channels == 2)
    reader.add_error(base::invalid(path + ".channels must be 1 or 3, found 2"));
  CRESSET_CHECK(reader.finish());
  return images;
}

Result<StreamingSpec> decode_streaming(const Json& json, const std::string& path) {
  StreamingSpec streaming{.shuffle_window = kUsualWindow};
  base::Reader reader(json, path);
  if (auto rows = reader.integer("shuffleWindow", {1, kLargestWindow}))
    streaming.shuffle_window = *rows;
  if (auto size = reader.integer("memoryMiB", {1, kMostMebibytes})) streaming.memory_mib = *size;
  CRESSET_CHECK(reader.finish());
  return streaming;
}

Json encode(const BadRowsSpec& bad_rows) { return {{"limit", bad_rows.limit}}; }

Json encode(const ImagesSpec& images) {
  return {{"height", images.height}, {"width", images.width}, {"channels", images.channels}};
}

Json encode(const StreamingSpec& streaming) {
  return {{"shuffleWindow", streaming.shuffle_window}, {"memoryMiB", streaming.memory_mib}};
}

}  // namespace cresset::worker_contract
