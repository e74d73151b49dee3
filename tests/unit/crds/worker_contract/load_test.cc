#include "crds/worker_contract/load.h"

#include <gmock/gmock.h>

namespace cresset::worker_contract {
namespace {

TEST(LoadTest, AReplicasLoadComesBackAsItWasSent) {
  ReplicaLoad load;
  load.ready = true;
  load.in_flight = 3;
  load.queued = 2;
  load.requests_total = 100;
  load.rows_total = 400;
  load.batches_total = 50;
  load.service_seconds_total = 1.5;
  load.queue_seconds_total = 0.5;
  load.max_batch = 32;
  const auto decoded = decode_replica_load(encode(load));
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, load);
}

TEST(LoadTest, AGatewaysReportComesBackAsItWasSent) {
  LoadReport report;
  report.gateway = "gateway-0";
  report.sequence = 7;
  report.revisions.push_back(
      {"team", "digits", "r1", 10, 2.5, 1, 2, 3, 4.5, 0.5, 2, {{"10.0.0.1:8080", 2}}});
  const auto decoded = decode_load_report(encode(report));
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, report);
}

TEST(LoadTest, AReportThatIsNoObjectIsRefusedWithWords) {
  const auto decoded = decode_load_report(base::Json::array());
  ASSERT_FALSE(decoded);
  EXPECT_THAT(decoded.error().message(), testing::HasSubstr("must be an object, found array"));
}

}  // namespace
}  // namespace cresset::worker_contract
