#pragma once
// What spec.training.data says of its files beside where they are: how many rows may be bad, what
// becomes of images, and whether the rows are held or streamed. Pure values; part of
// training_spec.h. What it means is docs/data.md.

#include <cstdint>
#include <string>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

// spec.training.data.badRows.
struct BadRowsSpec {
  int64_t limit = 0;  // rows that may be left out because they cannot be used
  bool operator==(const BadRowsSpec&) const = default;
};

// spec.training.data.images: what every image is made to be.
struct ImagesSpec {
  int64_t height = 0;  // 0: there are none
  int64_t width = 0;
  int64_t channels = 3;  // 1: gray | 3: red, green, blue
  bool operator==(const ImagesSpec&) const = default;
};

// spec.training.data.streaming.
struct StreamingSpec {
  int64_t shuffle_window = 0;  // rows that are shuffled with each other; 0: all rows are held
  int64_t memory_mib = 1024;   // that the rows of a process may take
  bool operator==(const StreamingSpec&) const = default;
};

base::Result<BadRowsSpec> decode_bad_rows(const base::Json& json, const std::string& path);
base::Result<ImagesSpec> decode_images(const base::Json& json, const std::string& path);
base::Result<StreamingSpec> decode_streaming(const base::Json& json, const std::string& path);
base::Json encode(const BadRowsSpec& bad_rows);
base::Json encode(const ImagesSpec& images);
base::Json encode(const StreamingSpec& streaming);

}  // namespace cresset::worker_contract
