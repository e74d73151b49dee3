#pragma once
// Kernels over row-major floats on the CPU. Plain functions over memory that the caller owns; any
// thread.

#include <cstddef>
#include <cstdint>

namespace cresset::cpu {

// For each value: NaN becomes fill[column], then (value - mean[column]) * inverse[column].
void fill_and_scale(float* rows, int64_t count, size_t width, const float* fill, const float* mean,
                    const float* inverse);
// For each value: not below low[column] nor above high[column]; NaN stays.
void clip(float* rows, int64_t count, size_t width, const float* low, const float* high);

// Sums of a block of rows: how many values of each column are present, their sum, and (given their
// means) the sum of squared differences. All three are added to what is there.
void add_present(const float* rows, int64_t count, size_t width, double* present, double* sum);
void add_squares(const float* rows, int64_t count, size_t width, const double* mean,
                 double* squares);
// The least and the greatest value of each column, if they are beyond what is there.
void add_extremes(const float* rows, int64_t count, size_t width, float* least, float* greatest);

}  // namespace cresset::cpu
