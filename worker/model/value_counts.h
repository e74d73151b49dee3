#pragma once
// How often each value of a column occurs, for medians, quantiles and the most frequent value, in
// one pass over any number of values and in bounded memory. Counts are exact while there are at
// most kMostValues different values; after that the lowest bits of the floats are left out, as many
// as it takes to have so few again, and each value stands for the middle of what its bits leave
// open. So a quantile is the exact one, or off by at most 2^-8 of itself (as in DDSketch: Masson,
// Rim, Lee 2019), and by less unless a column has values of all sizes: 2^-12 where these span six
// powers of ten. What is left out depends on the values alone, never on their order nor on how they
// are divided, so parts of any number of ranks merge to the same counts. At most 3 MiB a column. A
// value; one thread.
//
//   ValueCounts counts;  counts.add(x);  counts.merge(others);
//   double median = quantiles(counts.points(least, greatest), {0.5}).front();

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace cresset::model {

// A value of a column and how many rows have it.
struct Point {
  double value = 0;
  double weight = 0;
};
// The values below which each of `shares` (ascending, 0 to 1) of the rows lies, by linear
// interpolation between the two nearest, as numpy has it. `points` ascend and weigh at least 1.
std::vector<double> quantiles(const std::vector<Point>& points, const std::vector<double>& shares);

class ValueCounts {
 public:
  static constexpr size_t kMostValues = 1 << 16;

  // A finite value.
  void add(float value);
  void merge(const ValueCounts& other);

  bool exact() const { return shift_ == 0; }
  // Ascending; the first and the last are at the ends of all values, which the caller knows.
  std::vector<Point> points(double least, double greatest) const;
  // For the exchange between ranks: at the end of `packed`; unpack() takes from its beginning.
  void pack(std::vector<double>& packed) const;
  static ValueCounts unpack(std::span<const double>& packed);

 private:
  void bound();
  void leave_out(int shift);

  int shift_ = 0;  // bits that are left out
  std::unordered_map<uint32_t, int64_t>
      counts_;  // by the float's bits, made ascending, without them
};

}  // namespace cresset::model
