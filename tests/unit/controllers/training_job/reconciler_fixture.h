#pragma once
// The TrainingJob controller with its caches before an API server in memory.

#include <gmock/gmock.h>

#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "controllers/training_job/reconciler.h"
#include "controllers/training_job/status.h"
#include "crds/worker_contract/names.h"
#include "tests/support/odd_api.h"
#include "tests/unit/controllers/training_job/fixture.h"

namespace cresset::controllers::training_job {

class ReconcilerTest : public ::testing::Test {
 protected:
  ~ReconcilerTest() override {
    api_.let_go();
    thread_.request_stop();
  }

  void start(std::vector<std::string> namespaces = {}) {
    TrainingJobOptions options{.images = kSettings.images,
                               .coordination_url = kSettings.coordination_url,
                               .coordination_ca = [this] { return ca_; },
                               .reports_of =
                                   [this](const base::Uid& job) {
                                     std::lock_guard lock(mutex_);
                                     return reports_[job];
                                   },
                               .namespaces = std::move(namespaces)};
    jobs_ = std::make_unique<TrainingJobController>(api_, events_, std::move(options), clock_,
                                                    metrics_, base::silent());
    jobs_->add_to(manager_);
    thread_ = std::jthread([this](std::stop_token stop) { EXPECT_TRUE(manager_.run(stop)); });
  }
  void submit(int count) {
    api_.seed(kube::kTrainingJobs, job_json({{"workers", {{"count", count}}}}));
  }
  void submit_as(const std::string& name, int count) {
    base::Json job = job_json({{"workers", {{"count", count}}}});
    job["metadata"].update({{"name", name}, {"uid", "uid of " + name}});
    api_.seed(kube::kTrainingJobs, std::move(job));
  }
  // Worker 0 of the first round says so, and the controller is told of it.
  void tell_step(const std::string& job, int64_t step) {
    const auto object = api_.find(kube::kTrainingJobs, {kKey.ns, job});
    const auto pod = api_.find(kube::kPods, {kKey.ns, job + "-0"});
    {
      std::lock_guard lock(mutex_);
      auto& told = reports_[kube::decode_meta(*object).uid][0];
      told.pod = kube::decode_meta(*pod).uid;
      told.progress.round = 1;
      told.progress.step = step;
    }
    jobs_->look_at({kKey.ns, job});
  }
  size_t pods() const { return api_.all(kube::kPods).size(); }
  base::Json status(const std::string& name = kKey.name) const {
    const auto job = api_.find(kube::kTrainingJobs, {kKey.ns, name});
    return job && job->contains("status") ? (*job)["status"] : base::Json::object();
  }
  void run_all_pods() {
    int address = 1;
    for (const auto& pod : api_.all(kube::kPods))
      api_.set_status(kube::kPods, kube::decode_meta(pod).key(),
                      {{"phase", "Running"}, {"podIP", "10.0.0." + std::to_string(address++)}});
  }
  // Writes of the controller, events left out.
  size_t writes() const { return api_.writes_but_events().size(); }

  // Moves the clock until `ready`, as real waiting would.
  bool in_time(const std::function<bool()>& ready,
               std::chrono::milliseconds step = std::chrono::milliseconds(200)) {
    return api_.wait_for([&] {
      if (ready()) return true;
      clock_.advance(step);
      return false;
    });
  }
  int reconciles() const {
    int count = 0;
    std::istringstream lines(metrics_.render());
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("controller_runtime_reconcile_total{"))
        count += std::stoi(line.substr(line.rfind(' ')));
    return count;
  }

  std::mutex mutex_;
  std::map<base::Uid, worker_contract::JobReports> reports_;
  testing::OddApi api_;
  base::ManualClock clock_;
  base::Metrics metrics_;
  std::string ca_ = "the CA";
  runtime::EventRecorder events_{api_, "cresset-operator", "here", clock_, base::silent()};
  runtime::Manager manager_{base::silent()};
  std::unique_ptr<TrainingJobController> jobs_;
  std::jthread thread_;
};

}  // namespace cresset::controllers::training_job
