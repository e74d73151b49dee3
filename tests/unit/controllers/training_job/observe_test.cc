// Which pods are a job's workers, whatever somebody wrote into the labels and owners of others.
#include "controllers/training_job/observe.h"

#include <gmock/gmock.h>

#include "controllers/training_job/service.h"
#include "crds/worker_contract/names.h"
#include "tests/unit/controllers/training_job/fixture.h"

namespace cresset::controllers::training_job {
namespace {

using base::Json;
using ::testing::ElementsAre;

class ObserveTest : public ::testing::Test {
 protected:
  ObserveTest() {
    pods_.add_index(kByOwner, [](const Pod& pod) { return job_of_worker(pod.meta); });
  }
  void put(const Json& pod) { pods_.put(std::make_shared<Pod>(*decode_pod(pod))); }
  std::vector<std::string> workers() const {
    std::vector<std::string> found;
    for (const auto& pod : look().pods) found.push_back(pod->meta.ns + "/" + pod->meta.name);
    return found;
  }
  Observed look() const {
    return observe(job_of(job_json()), pods_, services_, policies_,
                   [](const base::Uid&) { return worker_contract::JobReports{}; });
  }

  runtime::Store<Pod> pods_;
  runtime::Store<Child> services_, policies_;
};

TEST_F(ObserveTest, FindsTheWorkersAndTheirReplacements) {
  put(pod_json({.index = 0, .phase = "Failed"}));
  put(pod_json({.index = 0, .attempt = 1}));
  put(pod_json({.index = 1}));
  EXPECT_THAT(workers(), ElementsAre("team/digits-0", "team/digits-0-r1", "team/digits-1"));
}

TEST_F(ObserveTest, TakesNoPodWhoseOwnerSomebodyForged) {
  put(pod_json({.index = 0}));

  auto of_another_uid = pod_json({.index = 1});
  of_another_uid["metadata"]["ownerReferences"][0]["uid"] = "an earlier job";
  put(of_another_uid);

  auto of_another_namespace = pod_json({.index = 2});
  of_another_namespace["metadata"]["namespace"] = "stranger";
  put(of_another_namespace);

  auto of_no_controller = pod_json({.index = 3});
  of_no_controller["metadata"]["ownerReferences"][0]["controller"] = false;
  put(of_no_controller);

  auto without_owner = pod_json({.index = 4});
  without_owner["metadata"].erase("ownerReferences");
  put(without_owner);

  EXPECT_THAT(workers(), ElementsAre("team/digits-0"));
}

TEST_F(ObserveTest, TakesNoPodThatOnlySaysWhichWorkerItIs) {
  put(pod_json({.index = 0}));
  for (const char* name : {"cuckoo", "digits-00", "digits-0-r", "digits-0-r0", "digits-1-0"}) {
    auto forged = pod_json({.index = 0});
    forged["metadata"]["name"] = name;
    put(forged);
  }
  for (const char* index : {"-1", "1e3", "", "0x1", "9999999"}) {
    auto forged = pod_json({.index = 1});
    forged["metadata"]["labels"][worker_contract::kIndexLabel] = index;
    put(forged);
  }
  EXPECT_THAT(workers(), ElementsAre("team/digits-0"));
}

TEST_F(ObserveTest, LeavesOutWhatANamesakeOwned) {
  auto earlier = job_json();
  earlier["metadata"]["uid"] = "an earlier job";
  const auto namesake = job_of(earlier);
  services_.put(std::make_shared<Child>(*decode_child_meta(
      make_service(namesake, base::dump(render_template(namesake, kSettings))))));
  EXPECT_EQ(look().service, nullptr);
}

// The first is a worker whatever else comes, the second one is not wanted.
TEST_F(ObserveTest, OfTwoLivePodsOfAWorkerTheFirstAttemptStays) {
  put(pod_json({.index = 0, .attempt = 3}));
  put(pod_json({.index = 0}));
  put(pod_json({.index = 0, .attempt = 1}));
  const Group group = sort_into_group(look(), 2);
  EXPECT_EQ(group.live.at(0)->meta.name, "digits-0");
  ASSERT_EQ(group.surplus.size(), 2U);
}

}  // namespace
}  // namespace cresset::controllers::training_job
