// The controller told to work in some namespaces alone.
#include <map>

#include "tests/unit/controllers/training_job/reconciler_fixture.h"

namespace cresset::controllers::training_job::namespaces_test {
namespace {

using base::Json;

class NamespacesTest : public ReconcilerTest {
 protected:
  void submit_in(const std::string& ns) {
    Json job = job_json({{"workers", {{"count", 2}}}});
    job["metadata"].update({{"namespace", ns}, {"uid", "uid in " + ns}});
    api_.seed(kube::kTrainingJobs, std::move(job));
  }
  std::map<std::string, int> pods_by_namespace() const {
    std::map<std::string, int> count;
    for (const auto& pod : api_.all(kube::kPods))
      ++count[base::text_at(pod, "/metadata/namespace")];
    return count;
  }
};

using Counts = std::map<std::string, int>;

TEST_F(NamespacesTest, JobsOfTheNamedGetTheirPodsAndOthersAreLeftAlone) {
  for (const char* ns : {"elsewhere", "one", "two"}) submit_in(ns);
  start({"one", "two"});
  ASSERT_TRUE(api_.wait_for([&] { return pods() == 4; }));
  EXPECT_EQ(pods_by_namespace(), (Counts{{"one", 2}, {"two", 2}}));
  ASSERT_TRUE(api_.wait_for([&] { return api_.watching() == 8; }));
  Counts watches;
  for (const auto& call : api_.calls("watch")) ++watches[call.key.ns];
  EXPECT_EQ(watches, (Counts{{"one", 4}, {"two", 4}})) << "one of each kind";
  for (const auto& call : api_.writes()) EXPECT_NE(call.key.ns, "elsewhere") << call.verb;
}

// Whose pods cannot be seen may have all of them already.
TEST_F(NamespacesTest, WhereOneKindIsRefusedNothingIsMadeUntilItIsSeenAndTheOthersGoOn) {
  const auto refused = std::make_shared<std::atomic<bool>>(true);
  api_.set_fault([refused](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    const bool reads = call.verb == "watch" || call.verb == "list";
    if (*refused && reads && call.resource == kube::kPods && call.key.ns == "one")
      return base::forbidden("cannot list pods in one");
    return std::nullopt;
  });
  for (const char* ns : {"one", "two"}) submit_in(ns);
  start({"one", "two"});
  // Time enough for the job in `one` to be looked at again and again.
  ASSERT_TRUE(in_time([&] { return pods() == 2 && reconciles() >= 10; }));
  EXPECT_EQ(pods_by_namespace(), (Counts{{"two", 2}}));
  for (const auto& call : api_.writes()) EXPECT_NE(call.key.ns, "one") << call.verb;
  *refused = false;
  EXPECT_TRUE(in_time([&] { return pods() == 4; }));
}

}  // namespace
}  // namespace cresset::controllers::training_job::namespaces_test
