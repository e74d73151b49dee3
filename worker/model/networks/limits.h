#pragma once
// What builders say no to, before they allocate: samples of a shape that the architecture cannot
// take, and sizes whose product no machine holds. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "operator/base/result.h"

namespace cresset::model::networks {

// 16 GiB in fp32, the most that a file of a model directory may have.
inline constexpr double kMaxParameters = 4294967296.0;

// `parameters` as a double, so that absurd sizes do not wrap around.
base::Result<void> check_size(const std::string& architecture, double parameters);

// "spec.training.model.architecture: cnn takes samples of shape [channels, height, width], found
// [784]; add a reshape step …"
base::Error wrong_shape(const std::string& architecture, const std::string& allowed,
                        const std::vector<int64_t>& found, const std::string& advice);

}  // namespace cresset::model::networks
