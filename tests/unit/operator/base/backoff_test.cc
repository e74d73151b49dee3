#include "operator/base/backoff.h"

#include <gtest/gtest.h>

namespace cresset::base {
namespace {

using namespace std::chrono_literals;

Random always(double value) {
  return [value] { return value; };
}

TEST(Backoff, DoublesUpToItsCap) {
  Backoff backoff({.first = 10ms, .cap = 65ms}, always(0.999999));
  EXPECT_EQ(backoff.next(), 9ms);
  EXPECT_EQ(backoff.next(), 19ms);
  EXPECT_EQ(backoff.next(), 39ms);
  EXPECT_EQ(backoff.next(), 64ms);
  EXPECT_EQ(backoff.next(), 64ms);
}

TEST(Backoff, DrawsFromTheUpperHalfOfTheSpan) {
  Backoff low({.first = 100ms, .cap = 10s}, always(0));
  EXPECT_EQ(low.next(), 50ms);
  Backoff any({.first = 100ms, .cap = 100ms}, seeded_random(7));
  for (int i = 0; i < 1000; ++i) {
    const auto wait = any.next();
    EXPECT_GE(wait, 50ms);
    EXPECT_LE(wait, 100ms);
  }
}

TEST(Backoff, StartsOverAfterReset) {
  Backoff backoff({.first = 10ms, .cap = 10s}, always(0));
  backoff.next();
  backoff.next();
  EXPECT_EQ(backoff.failures(), 2);
  backoff.reset();
  EXPECT_EQ(backoff.next(), 5ms);
}

TEST(Backoff, DoesNotOverflowAfterManyFailures) {
  Backoff backoff({.first = 1000ms, .cap = 60s}, always(0));
  for (int i = 0; i < 200; ++i) EXPECT_LE(backoff.next(), 30s);
  EXPECT_EQ(backoff.next(), 30s);
}

TEST(Backoff, WithTheSameSeedIsTheSame) {
  Backoff a({}, seeded_random(3)), b({}, seeded_random(3));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(a.next(), b.next());
}

}  // namespace
}  // namespace cresset::base
