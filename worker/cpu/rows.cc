#include "worker/cpu/rows.h"

namespace cresset::cpu {

void fill_and_scale(float* rows, int64_t count, size_t width, const float* fill, const float* mean,
                    const float* inverse) {
  for (int64_t row = 0; row < count; ++row) {
    float* values = rows + row * static_cast<int64_t>(width);
    for (size_t c = 0; c < width; ++c) {
      const float value = values[c] == values[c] ? values[c] : fill[c];
      values[c] = (value - mean[c]) * inverse[c];
    }
  }
}

void clip(float* rows, int64_t count, size_t width, const float* low, const float* high) {
  for (int64_t row = 0; row < count; ++row) {
    float* values = rows + row * static_cast<int64_t>(width);
    for (size_t c = 0; c < width; ++c) {
      const float raised = values[c] < low[c] ? low[c] : values[c];
      values[c] = raised > high[c] ? high[c] : raised;
    }
  }
}

void add_present(const float* rows, int64_t count, size_t width, double* present, double* sum) {
  for (int64_t row = 0; row < count; ++row) {
    const float* values = rows + row * static_cast<int64_t>(width);
    for (size_t c = 0; c < width; ++c) {
      const bool there = values[c] == values[c];
      present[c] += there ? 1.0 : 0.0;
      sum[c] += there ? static_cast<double>(values[c]) : 0.0;
    }
  }
}

void add_squares(const float* rows, int64_t count, size_t width, const double* mean,
                 double* squares) {
  for (int64_t row = 0; row < count; ++row) {
    const float* values = rows + row * static_cast<int64_t>(width);
    for (size_t c = 0; c < width; ++c) {
      const double difference = static_cast<double>(values[c]) - mean[c];
      squares[c] += values[c] == values[c] ? difference * difference : 0.0;
    }
  }
}

void add_extremes(const float* rows, int64_t count, size_t width, float* least, float* greatest) {
  for (int64_t row = 0; row < count; ++row) {
    const float* values = rows + row * static_cast<int64_t>(width);
    for (size_t c = 0; c < width; ++c) {
      least[c] = values[c] < least[c] ? values[c] : least[c];
      greatest[c] = values[c] > greatest[c] ? values[c] : greatest[c];
    }
  }
}

}  // namespace cresset::cpu
