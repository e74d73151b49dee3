#include "controllers/model_service/scale.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace cresset::controllers::model_service {
namespace {

TEST(Scale, TheMetricsOfTheSpecAreThoseOfTheRegistry) {
  for (const auto name : crds::kScalingMetrics)
    EXPECT_NE(autoscale::find_metric(name), nullptr) << name;
  for (const auto& metric : autoscale::metrics())
    EXPECT_NE(std::ranges::find(crds::kScalingMetrics, metric.name), crds::kScalingMetrics.end())
        << metric.name;
}

TEST(Scale, MetricTargetAndWindowComeFromTheSpec) {
  const crds::ScalingSpec scaling{.min = 1, .max = 7, .target = 2.5, .window_seconds = 20};
  EXPECT_EQ(metric_of(scaling).name, "concurrency");
  EXPECT_EQ(scaling_policy(scaling).target, 2.5);
  EXPECT_EQ(scaling_window(scaling).stable, std::chrono::seconds(20));
  EXPECT_EQ(scaling_window(scaling).stale_after, metric_of(scaling).stale_after);
}

}  // namespace
}  // namespace cresset::controllers::model_service
