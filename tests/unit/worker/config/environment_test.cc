#include "worker/config/environment.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "crds/worker_contract/names.h"

namespace cresset::config {
namespace {

using testing::HasSubstr;
namespace contract = worker_contract;

class Environment : public testing::Test {
 protected:
  void SetUp() override {
    contract::WorkerConfig config;
    config.name = "digits";
    config.ns = "default";
    config.workers = 2;
    config.training.data = {.train_uri = "file:///tmp/x.csv", .label = "y"};
    config.training.model.hidden = {8};
    config.output_uri = "file:///tmp/models";
    set(contract::kConfigEnv, base::dump(contract::encode(config)));
    set(contract::kWorkerIndexEnv, "1");
  }
  void TearDown() override {
    for (const char* name : {contract::kConfigEnv, contract::kWorkerIndexEnv, contract::kPodIpEnv})
      unsetenv(name);
  }
  static void set(const char* name, const std::string& value) { setenv(name, value.c_str(), 1); }
};

TEST_F(Environment, TellsTheWorkerItsJobAndWhoItIs) {
  set(contract::kPodIpEnv, "10.0.0.7");
  const auto worker = read_worker_environment();
  ASSERT_TRUE(worker) << worker.error().message();
  EXPECT_EQ(worker->config.name, "digits");
  EXPECT_EQ(worker->config.training.model.hidden, (std::vector<int64_t>{8}));
  EXPECT_EQ(worker->worker_index, 1);
  EXPECT_EQ(worker->pod_ip, "10.0.0.7");
  EXPECT_EQ(worker->coordination_url, "");
}

TEST_F(Environment, AMissingConfigurationNamesTheVariable) {
  unsetenv(contract::kConfigEnv);
  const auto worker = read_worker_environment();
  ASSERT_FALSE(worker);
  EXPECT_THAT(worker.error().message(), HasSubstr("CRESSET_CONFIG is not set"));
}

TEST_F(Environment, BrokenJsonNamesTheVariable) {
  set(contract::kConfigEnv, "{\"name\": ");
  const auto worker = read_worker_environment();
  ASSERT_FALSE(worker);
  EXPECT_THAT(worker.error().message(), HasSubstr("CRESSET_CONFIG"));
}

TEST_F(Environment, AnIndexThatIsNoNumberIsRefused) {
  for (const char* wrong : {"-1", "one", "1x", "99999999999"}) {
    set(contract::kWorkerIndexEnv, wrong);
    const auto worker = read_worker_environment();
    ASSERT_FALSE(worker) << wrong;
    EXPECT_THAT(worker.error().message(),
                AllOf(HasSubstr("CRESSET_WORKER_INDEX"), HasSubstr(wrong)));
  }
}

}  // namespace
}  // namespace cresset::config
