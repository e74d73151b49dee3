#pragma once
// Exponential backoff with full jitter over half the span: 5 ms · 2^n up to a cap, each wait drawn
// from [span/2, span]. A value owned by one thread; the random source is passed in so that tests
// are seeded. The doubling follows client-go's item limiter, but for its cap of 1,000 s: who
// repaired what a key failed for should not wait a quarter of an hour. The jitter follows
// "Exponential Backoff And Jitter" (M. Brooker, AWS Architecture Blog, 2015).
//
//   Backoff backoff({.first = 100ms, .cap = 30s}, random);
//   while (!try_once()) wait(backoff.next());   backoff.reset();

#include <algorithm>
#include <chrono>
#include <functional>
#include <random>

namespace cresset::base {

// Gives doubles in [0, 1).
using Random = std::function<double()>;

inline Random seeded_random(uint64_t seed) {
  return [engine = std::mt19937_64(seed)]() mutable {
    return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
  };
}
inline Random system_random() { return seeded_random(std::random_device{}()); }

struct BackoffRange {
  std::chrono::milliseconds first{5};
  std::chrono::milliseconds cap{std::chrono::seconds(60)};
};

class Backoff {
 public:
  Backoff(BackoffRange range, Random random) : range_(range), random_(std::move(random)) {}

  std::chrono::milliseconds next() {
    const auto span = std::min(range_.first * (int64_t{1} << std::min(failures_, 30)), range_.cap);
    ++failures_;
    return std::chrono::milliseconds(static_cast<int64_t>(span.count() * (0.5 + random_() / 2)));
  }
  void reset() { failures_ = 0; }
  int failures() const { return failures_; }

 private:
  BackoffRange range_;
  Random random_;
  int failures_ = 0;
};

}  // namespace cresset::base
