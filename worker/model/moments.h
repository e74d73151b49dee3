#pragma once
// Count, missing, mean, sum of squared deviations and extremes of each column, in one pass and
// mergeable (Chan, Golub, LeVeque 1979), so that ranks collect them on disjoint rows. Mean and
// squares are those of one rank but for rounding, the others exactly. A value; one thread.

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace cresset::model {

struct ColumnMoments {
  double count = 0;  // present values
  double missing = 0;
  double mean = 0;
  double squares = 0;  // sum of (x - mean)²
  double least = std::numeric_limits<double>::infinity();
  double greatest = -std::numeric_limits<double>::infinity();

  double deviation() const;  // of the population
  void merge(const ColumnMoments& other);
  // As if every missing value had been `value`.
  void fill(double value);
};

class Moments {
 public:
  explicit Moments(size_t columns) : columns_(columns) {}

  // Rows are row-major, as wide as there are columns; NaN = missing.
  void add(const float* rows, int64_t count);
  void merge(const Moments& other);

  const std::vector<ColumnMoments>& columns() const { return columns_; }
  // Six numbers a column, for the exchange between ranks.
  std::vector<double> pack() const;
  static Moments unpack(std::span<const double> packed);

 private:
  std::vector<ColumnMoments> columns_;
};

}  // namespace cresset::model
