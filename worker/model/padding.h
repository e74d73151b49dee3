#pragma once
// Rows of tokens that are filled up at their ends. A function; any thread.

#include <cstdint>

namespace at {
class Tensor;
}

namespace cresset::model {

// [rows, length], tokens of any type → [rows], int64: how long each is without the `padding` at its
// end, 1 at least, since what a row begins with is no padding. Padding before other tokens counts.
at::Tensor lengths_without(const at::Tensor& tokens, int64_t padding);

}  // namespace cresset::model
