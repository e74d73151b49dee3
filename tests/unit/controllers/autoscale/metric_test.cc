#include "controllers/autoscale/metric.h"

#include <gtest/gtest.h>

namespace cresset::autoscale {
namespace {

TEST(Metric, ConcurrencyIsReadOutOfTheLine) {
  const Metric* metric = find_metric("concurrency");
  ASSERT_NE(metric, nullptr);
  EXPECT_EQ(metric->read({.arrivals = 9, .concurrency = 2.5, .in_flight = 7}), 2.5);
  EXPECT_EQ(metric->words, "requests in flight");
}

TEST(Metric, AnUnknownNameIsNotFound) { EXPECT_EQ(find_metric("moonPhase"), nullptr); }

TEST(Metric, EveryRowIsFoundByItsName) {
  for (const Metric& metric : metrics()) EXPECT_EQ(find_metric(metric.name), &metric);
}

}  // namespace
}  // namespace cresset::autoscale
