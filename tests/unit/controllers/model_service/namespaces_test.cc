// The controller told to work in some namespaces alone.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "controllers/model_service/reconciler.h"
#include "tests/support/fake_api.h"

namespace cresset::controllers::model_service::namespaces_test {
namespace {

using base::Json;
using testing::FakeApi;

class NamespacesTest : public ::testing::Test {
 protected:
  void add_service(const std::string& ns) {
    api_.seed(kube::kModelServices, {{"apiVersion", "cresset.dev/v1alpha1"},
                                     {"kind", "ModelService"},
                                     {"metadata", {{"namespace", ns}, {"name", "digits"}}},
                                     {"spec", {{"model", {{"uri", "s3://models/digits/1"}}}}}});
  }
  void start() {
    controller_.add_to(manager_);
    running_ = std::jthread([this](std::stop_token stop) { EXPECT_TRUE(manager_.run(stop)); });
  }
  bool has_deployment(const std::string& ns) const {
    for (const auto& deployment : api_.all(kube::kDeployments))
      if (base::text_at(deployment, "/metadata/namespace") == ns) return true;
    return false;
  }
  // Moves the clock until `ready`, as real waiting would.
  bool in_time(const std::function<bool()>& ready) {
    return api_.wait_for([&] {
      if (ready()) return true;
      clock_.advance(std::chrono::milliseconds(200));
      return false;
    });
  }

  FakeApi api_;
  base::ManualClock clock_;
  base::Metrics metrics_;
  std::atomic<bool> refused_ = false;
  runtime::EventRecorder events_{api_, "cresset-operator", "test", clock_, base::silent()};
  ModelServiceController controller_{
      api_,
      events_,
      {.settings = {.images = {.cpu = "worker:1"}, .operator_namespace = "system"},
       .trained = [](const kube::ObjectKey&) -> std::optional<TrainedModel> {
         return std::nullopt;
       },
       .namespaces = {"one", "two"}},
      clock_,
      metrics_,
      base::silent()};
  runtime::Manager manager_{base::silent()};
  std::jthread running_;
};

TEST_F(NamespacesTest, ServicesOfTheNamedAreServedAndOthersLeftAlone) {
  for (const char* ns : {"elsewhere", "one", "two"}) add_service(ns);
  start();
  ASSERT_TRUE(api_.wait_for([&] { return has_deployment("one") && has_deployment("two"); }));
  EXPECT_FALSE(has_deployment("elsewhere"));
  ASSERT_TRUE(api_.wait_for([&] { return api_.watching() == 10; }));
  std::map<std::string, int> watches;
  for (const auto& call : api_.calls("watch")) ++watches[call.key.ns];
  EXPECT_EQ(watches, (std::map<std::string, int>{{"one", 5}, {"two", 5}})) << "one of each kind";
  for (const auto& call : api_.writes()) EXPECT_NE(call.key.ns, "elsewhere") << call.verb;
}

// Whose Deployments cannot be seen may have one already.
TEST_F(NamespacesTest, WhereOneKindIsRefusedNothingIsMadeUntilItIsSeenAndTheOthersGoOn) {
  refused_ = true;
  api_.set_fault([this](const FakeApi::Call& call) -> std::optional<base::Error> {
    const bool reads = call.verb == "watch" || call.verb == "list";
    if (refused_ && reads && call.resource == kube::kDeployments && call.key.ns == "one")
      return base::forbidden("cannot list deployments in one");
    return std::nullopt;
  });
  for (const char* ns : {"one", "two"}) add_service(ns);
  start();
  ASSERT_TRUE(in_time([&] { return has_deployment("two"); }));
  for (int i = 0; i < 100; ++i) clock_.advance(std::chrono::milliseconds(200));
  EXPECT_FALSE(has_deployment("one"));
  for (const auto& call : api_.writes()) EXPECT_NE(call.key.ns, "one") << call.verb;
  refused_ = false;
  EXPECT_TRUE(in_time([&] { return has_deployment("one"); }));
}

}  // namespace
}  // namespace cresset::controllers::model_service::namespaces_test
