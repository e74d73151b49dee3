#pragma once
// A tf.train.Example (tensorflow/core/example/example.proto) out of its bytes: features by name,
// each a list of floats, of whole numbers or of bytes. Fields that the message does not have are
// passed over, as protobuf says; groups, which are long gone, are refused. Pure; views are of the
// caller's bytes.

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "operator/base/result.h"

namespace cresset::data {

struct Feature {
  std::vector<double> numbers;          // of float_list or int64_list
  std::vector<std::string_view> texts;  // of bytes_list
};
using Example = std::map<std::string_view, Feature>;

base::Result<Example> parse_example(std::string_view bytes);

}  // namespace cresset::data
