#pragma once
// TFRecord files as TensorFlow's TFRecordWriter writes them: records, each behind its length and
// the masked CRC-32C of that, and before that of itself
// (tensorflow/core/lib/io/record_writer.h). Both sums are checked. Pure; the views are of the
// caller's bytes.

#include <string_view>
#include <vector>

#include "operator/base/result.h"

namespace cresset::data {

base::Result<std::vector<std::string_view>> split_tfrecords(std::string_view bytes);

}  // namespace cresset::data
