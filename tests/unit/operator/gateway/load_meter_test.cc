#include "operator/gateway/load_meter.h"

#include <gtest/gtest.h>

namespace cresset::gateway::load_meter_test {
namespace {

using std::chrono::milliseconds;

const kube::ObjectKey kKey{"ns", "digits"};
base::MonoTime at(int ms) { return base::MonoTime(milliseconds(ms)); }

TEST(LoadMeter, ConcurrencyIsTheMeanOverTimeAndNotASample) {
  LoadMeter meter;
  meter.arrived(kKey, at(0));
  meter.arrived(kKey, at(500));
  meter.left(kKey, at(500));
  meter.left(kKey, at(750));
  const auto demand = meter.drain(at(1000)).at(kKey);
  EXPECT_EQ(demand.arrivals, 2);
  EXPECT_EQ(demand.in_system, 0);
  EXPECT_NEAR(demand.concurrency, 0.75, 1e-9);
}

TEST(LoadMeter, ARequestThatStaysCountsInEveryPeriodButArrivesOnce) {
  LoadMeter meter;
  meter.arrived(kKey, at(0));
  EXPECT_NEAR(meter.drain(at(1000)).at(kKey).concurrency, 1.0, 1e-9);
  const auto next = meter.drain(at(2000)).at(kKey);
  EXPECT_EQ(next.arrivals, 0);
  EXPECT_EQ(next.in_system, 1);
  EXPECT_NEAR(next.concurrency, 1.0, 1e-9);
}

TEST(LoadMeter, AServiceNobodyAsksIsForgotten) {
  LoadMeter meter;
  meter.arrived(kKey, at(0));
  meter.left(kKey, at(10));
  EXPECT_EQ(meter.drain(at(1000)).size(), 1u);
  EXPECT_EQ(meter.drain(at(2000)).size(), 1u);
  EXPECT_TRUE(meter.drain(at(3000)).empty());
}

}  // namespace
}  // namespace cresset::gateway::load_meter_test
