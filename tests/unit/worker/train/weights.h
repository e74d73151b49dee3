#pragma once
// How far apart the weights of two models are.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "worker/model/safetensors.h"

namespace cresset::train {

// The greatest difference between two files of weights; what is no float must be the same.
inline float difference(const std::string& one, const std::string& other) {
  const auto a = model::decode_safetensors(one).value(),
             b = model::decode_safetensors(other).value();
  EXPECT_EQ(a.size(), b.size());
  float most = 0;
  for (size_t t = 0; t < a.size(); ++t) {
    if (a[t].dtype != "F32") {
      EXPECT_EQ(a[t].bytes, b[t].bytes) << a[t].name;
      continue;
    }
    for (size_t i = 0; i < a[t].bytes.size(); i += 4) {
      float x = 0, y = 0;
      std::memcpy(&x, a[t].bytes.data() + i, 4);
      std::memcpy(&y, b[t].bytes.data() + i, 4);
      most = std::max(most, std::abs(x - y));
    }
  }
  return most;
}

}  // namespace cresset::train
