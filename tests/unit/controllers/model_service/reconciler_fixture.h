#pragma once
// The ModelService controller with its caches before an API server in memory.

#include <gmock/gmock.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "controllers/model_service/reconciler.h"
#include "tests/support/odd_api.h"

namespace cresset::controllers::model_service::reconciler_test {

using base::Json;

inline constexpr char kModel[] = "s3://models/digits/1";
inline const kube::ObjectKey kKey{"team", "digits"};

class ControllerTest : public ::testing::Test {
 protected:
  explicit ControllerTest(bool time_by_hand = false)
      : clock_(time_by_hand ? static_cast<base::Clock&>(manual_) : system_) {}
  ~ControllerTest() override {
    api_.let_go();
    stop_.request_stop();
  }

  void start(Json spec) {
    api_.seed(kube::kModelServices, {{"apiVersion", "cresset.dev/v1alpha1"},
                                     {"kind", "ModelService"},
                                     {"metadata", {{"namespace", "team"}, {"name", "digits"}}},
                                     {"spec", std::move(spec)}});
    controller_.add_to(manager_);
    running_ = std::jthread([this] { EXPECT_TRUE(manager_.run(stop_.get_token())); });
  }
  std::optional<Json> deployment() {
    const auto all = api_.all(kube::kDeployments);
    return all.empty() ? std::nullopt : std::optional(all.front());
  }
  bool wait_for_replicas(int count) {
    return api_.wait_for([&] {
      const auto found = deployment();
      return found && base::number_at(*found, "/spec/replicas", -1) == count;
    });
  }
  void make_ready() {
    const Json found = *deployment();
    const auto replicas = found["spec"]["replicas"];
    api_.set_status(kube::kDeployments, kube::decode_meta(found).key(),
                    {{"replicas", replicas}, {"readyReplicas", replicas}});
  }
  std::string status(const std::string& pointer) {
    const auto found = api_.find(kube::kModelServices, kKey);
    return found ? base::text_at(*found, "/status" + pointer) : "";
  }
  void refuse_deployments() {
    api_.set_fault([](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
      if (call.verb == "create" && call.resource == kube::kDeployments)
        return base::forbidden("exceeded quota: pods");
      return std::nullopt;
    });
  }
  base::Log log() {
    return base::Log(base::LogLevel::kWarn, [this](base::LogLevel, const std::string& line) {
      std::lock_guard lock(mutex_);
      logged_ += line + "\n";
    });
  }
  std::string logged() {
    std::lock_guard lock(mutex_);
    return logged_;
  }
  int looks() const {
    const std::string line = "controller_runtime_reconcile_time_seconds_count";
    const auto text = metrics_.render();
    const auto at = text.find(line + "{");
    return at == std::string::npos ? 0 : std::stoi(text.substr(text.find("} ", at) + 2));
  }
  // A look that nothing but the passing of time asks for.
  void look_again() { api_.seed(kube::kModelServices, *api_.find(kube::kModelServices, kKey)); }
  bool wait_for_state(const std::string& state) {
    return api_.wait_for([&] { return status("/state") == state; });
  }

  kube::Condition condition(const char* type) {
    const auto found = api_.find(kube::kModelServices, kKey);
    const Json* list = base::find(*found, "/status/conditions");
    if (list == nullptr) return {};
    const auto conditions = kube::decode_conditions(*list);
    const auto* one = kube::find_condition(conditions, type);
    return one == nullptr ? kube::Condition{} : *one;
  }
  std::string reason(const char* type) { return condition(type).reason; }
  std::string message(const char* type) { return condition(type).message; }

  testing::OddApi api_;
  base::SystemClock system_;
  base::ManualClock manual_;
  base::Clock& clock_;
  base::Metrics metrics_;
  runtime::EventRecorder events_{api_, "cresset-operator", "test", clock_, base::silent()};
  std::mutex mutex_;
  std::optional<TrainedModel> trained_;
  std::string logged_;
  ModelServiceController controller_{
      api_,
      events_,
      {.settings = {.images = {.cpu = "worker:1"}, .operator_namespace = "system"},
       .trained =
           [this](const kube::ObjectKey&) {
             std::lock_guard lock(mutex_);
             return trained_;
           }},
      clock_,
      metrics_,
      log()};
  runtime::Manager manager_{base::silent()};
  std::stop_source stop_;
  std::jthread running_;
};

}  // namespace cresset::controllers::model_service::reconciler_test
