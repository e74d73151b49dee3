#include "operator/runtime/event_recorder.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/support/fake_api.h"
#include "tests/unit/operator/runtime/event_samples.h"

namespace cresset::runtime::event_recorder_test {
namespace {

using namespace std::chrono_literals;
using event_samples::kCreated;
using event_samples::kJob;
using testing::FakeApi;

class Recorder : public ::testing::Test {
 protected:
  void start(base::Log log = base::silent()) {
    recorder_ = std::make_unique<EventRecorder>(api_, "cresset", "operator-0", clock_, log);
  }
  base::ManualClock clock_;
  FakeApi api_;
  std::unique_ptr<EventRecorder> recorder_;
};

TEST_F(Recorder, RepeatsRaiseTheCountOfOneObject) {
  start();
  for (int i = 0; i < 5; ++i) recorder_->record(kJob, kCreated);
  recorder_.reset();
  const auto events = api_.all(kube::kEvents);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(base::number_at(events[0], "/series/count"), 2);
  EXPECT_EQ(api_.writes().size(), 2U);
}

TEST_F(Recorder, WhatWaitsIsWrittenBeforeItEnds) {
  start();
  for (int i = 0; i < 20; ++i) {
    auto note = kCreated;
    note.note = std::to_string(i);
    recorder_->record(kJob, note);
  }
  recorder_.reset();
  EXPECT_EQ(api_.all(kube::kEvents).size(), 20U);
}

TEST_F(Recorder, AnEventIsTriedAgainWhenTheServerDidNotAnswer) {
  api_.set_fault([this](const FakeApi::Call&) -> std::optional<base::Error> {
    if (api_.calls("create").size() < 3) return base::unavailable("no answer");
    return std::nullopt;
  });
  start();
  recorder_->record(kJob, kCreated);
  EXPECT_TRUE(api_.wait_for([&] {
    clock_.advance(10s);
    return !api_.all(kube::kEvents).empty();
  }));
}

TEST_F(Recorder, ARefusedEventIsGivenUpAndTheNextOneWritten) {
  api_.set_fault([this](const FakeApi::Call&) -> std::optional<base::Error> {
    if (api_.calls("create").size() == 1) return base::forbidden("namespace is terminating");
    return std::nullopt;
  });
  start();
  recorder_->record(kJob, kCreated);
  auto other = kCreated;
  other.note = "other";
  recorder_->record(kJob, other);
  EXPECT_TRUE(api_.wait_for([&] { return api_.all(kube::kEvents).size() == 1; }));
  recorder_.reset();
  EXPECT_EQ(api_.calls("create").size(), 2U);
}

TEST_F(Recorder, AnExceptionCostsItsEventAndIsLoggedAndTheNextOneIsWritten) {
  api_.set_fault([this](const FakeApi::Call&) -> std::optional<base::Error> {
    if (api_.calls("create").size() == 1) throw std::runtime_error("nobody expected it");
    return std::nullopt;
  });
  std::vector<std::string> lines;  // of the recorder's thread until it has ended
  start(base::Log(base::LogLevel::kWarn,
                  [&](base::LogLevel, const std::string& line) { lines.push_back(line); }));
  recorder_->record(kJob, kCreated);
  auto other = kCreated;
  other.note = "other";
  recorder_->record(kJob, other);
  recorder_.reset();
  EXPECT_EQ(api_.all(kube::kEvents).size(), 1U);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("nobody expected it"), std::string::npos) << lines[0];
}

TEST_F(Recorder, WhatIsLoggedOfAnEventNamesTheReconcileThatSawIt) {
  api_.set_fault([](const FakeApi::Call&) { return base::forbidden("namespace is terminating"); });
  std::vector<base::Json> lines;  // of the recorder's thread until it has ended
  start(base::Log(base::LogLevel::kWarn, [&](base::LogLevel, const std::string& line) {
    lines.push_back(*base::parse_json(line));
  }));
  {
    const base::LogScope scope(base::LogFields{{"reconcileID", "0000002a"}});
    recorder_->record(kJob, kCreated);
  }
  auto other = kCreated;
  other.note = "of no reconcile";
  recorder_->record(kJob, other);
  recorder_.reset();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(base::text_at(lines[0], "/message"), "event not written");
  EXPECT_EQ(base::text_at(lines[0], "/reconcileID"), "0000002a");
  EXPECT_FALSE(lines[1].contains("reconcileID"));
}

TEST_F(Recorder, ASeriesWhoseObjectExpiredIsWrittenAnew) {
  start();
  recorder_->record(kJob, kCreated);
  ASSERT_TRUE(api_.wait_for([&] { return api_.all(kube::kEvents).size() == 1; }));
  api_.erase(kube::kEvents, kube::decode_meta(api_.all(kube::kEvents)[0]).key());
  recorder_->record(kJob, kCreated);
  recorder_.reset();
  ASSERT_EQ(api_.all(kube::kEvents).size(), 1U);
  EXPECT_EQ(base::number_at(api_.all(kube::kEvents)[0], "/series/count"), 2);
}

TEST_F(Recorder, AServerThatIsAwayDoesNotHoldUpTheEnd) {
  api_.set_fault([](const FakeApi::Call&) { return base::unavailable("no answer"); });
  start();
  for (int i = 0; i < 2000; ++i) {
    auto note = kCreated;
    note.note = std::to_string(i);
    recorder_->record(kJob, note);
  }
  recorder_.reset();
  EXPECT_LE(api_.calls("create").size(), 4U);
}

}  // namespace
}  // namespace cresset::runtime::event_recorder_test
