#pragma once
// What the reflector's tests share: an API whose single answers a test can give by hand, and a
// Reflector on a thread of its own with the objects that it told.

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "operator/runtime/reflector.h"
#include "tests/support/fake_api.h"

namespace cresset::runtime {

using namespace std::chrono_literals;
using base::Json;
using testing::FakeApi;

inline Json pod(const std::string& name, const std::string& app = "a") {
  return {{"metadata",
           {{"namespace", "team"},
            {"name", name},
            {"labels", {{"app", app}}},
            {"managedFields", Json::array({1})}}}};
}

// Lets a test answer single lists and watches by hand, and shows how they were asked.
class ScriptedApi : public FakeApi {
 public:
  base::Result<kube::Document> list(const kube::Resource& resource,
                                    const kube::ListOptions& options) override {
    {
      std::lock_guard lock(mutex_);
      lists_.push_back(options);
    }
    if (on_list)
      if (auto answer = on_list(options)) return std::move(*answer);
    return FakeApi::list(resource, options);
  }
  base::Result<void> watch(const kube::Resource& resource, const kube::WatchOptions& options,
                           std::stop_token stop,
                           const std::function<void(kube::WatchEvent)>& on_event) override {
    {
      std::lock_guard lock(mutex_);
      (options.initial_events ? streams_ : watches_).push_back(options);
    }
    if (options.initial_events && on_stream)
      if (auto answer = on_stream(options, stop, on_event)) return *answer;
    if (!options.initial_events && on_watch)
      if (auto answer = on_watch(options, on_event)) return *answer;
    return FakeApi::watch(resource, options, stop, on_event);
  }
  std::vector<kube::ListOptions> lists() {
    std::lock_guard lock(mutex_);
    return lists_;
  }
  // Those with initial events and those without.
  std::vector<kube::WatchOptions> streams() {
    std::lock_guard lock(mutex_);
    return streams_;
  }
  std::vector<kube::WatchOptions> watches() {
    std::lock_guard lock(mutex_);
    return watches_;
  }
  // A server that knows no initial events.
  void refuse_streams() {
    on_stream = [](const kube::WatchOptions&, std::stop_token, const auto&) {
      return base::Result<void>(base::fail(base::invalid(
          "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the "
          "WatchList feature gate is enabled")));
    };
  }
  std::function<std::optional<base::Result<kube::Document>>(const kube::ListOptions&)> on_list;
  std::function<std::optional<base::Result<void>>(const kube::WatchOptions&,
                                                  const std::function<void(kube::WatchEvent)>&)>
      on_watch;
  std::function<std::optional<base::Result<void>>(const kube::WatchOptions&, std::stop_token,
                                                  const std::function<void(kube::WatchEvent)>&)>
      on_stream;

 private:
  std::mutex mutex_;
  std::vector<kube::ListOptions> lists_;
  std::vector<kube::WatchOptions> streams_;
  std::vector<kube::WatchOptions> watches_;
};

// Before a server that refuses initial events.
class Reflectors : public ::testing::Test {
 protected:
  Reflectors() { api_.refuse_streams(); }
  ~Reflectors() override { thread_.request_stop(); }

  void start() {
    reflector_ = std::make_unique<Reflector>(
        api_, InformerOptions{.resource = kube::kPods, .label_selector = "app=a"}, clock_,
        [] { return 0.0; }, log_);
    thread_ = std::jthread([this](std::stop_token stop) {
      reflector_->run(stop, {.begin_list = [this] { begin_list(); },
                             .end_list = [this] { end_list(); },
                             .put = [this](const kube::JsonView& object) { put(object); },
                             .deleted = [this](const kube::JsonView& object) { erase(object); }});
    });
  }
  using Objects = std::map<std::string, Json>;
  void begin_list() {
    std::lock_guard lock(mutex_);
    list_.emplace();
  }
  void end_list() {
    std::lock_guard lock(mutex_);
    held_ = *std::exchange(list_, std::nullopt);
    ++replaces_;
  }
  void put(const kube::JsonView& object) {
    std::lock_guard lock(mutex_);
    (list_ ? *list_ : held_)[name_of(object)] = kube::object_json(object);
  }
  void erase(const kube::JsonView& object) {
    std::lock_guard lock(mutex_);
    (list_ ? *list_ : held_).erase(name_of(object));
  }
  static std::string name_of(const kube::JsonView& object) {
    return std::string(object.text_at("/metadata/name"));
  }
  std::string names() {
    std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& [name, object] : held_) text += name;
    return text;
  }
  int replaces() {
    std::lock_guard lock(mutex_);
    return replaces_;
  }
  bool wait_for(const std::function<bool()>& ready) { return api_.wait_for(ready); }
  bool wait_for_names(const std::string& wanted) {
    return wait_for([&] { return names() == wanted; });
  }
  // Moves the clock until `ready`, as real waiting would.
  bool advance_until(const std::function<bool()>& ready) {
    return wait_for([&] {
      if (ready()) return true;
      clock_.advance(100ms);
      return false;
    });
  }

  // Lets `span` pass in steps, each once the reflector has done all that was due.
  void pass(std::chrono::seconds span) {
    for (auto passed = 0s; passed < span; passed += 1s) {
      ASSERT_TRUE(wait_for([&] { return clock_.waiting() == 1; }));
      clock_.advance(1s);
    }
  }

  base::ManualClock clock_;
  base::Log log_ = base::silent();
  ScriptedApi api_;
  std::mutex mutex_;
  Objects held_;
  std::optional<Objects> list_;  // while one is told
  int replaces_ = 0;
  // For the answers that a test gives: they are asked until the reflector's thread has ended, so
  // they must not live on the test's stack.
  std::atomic<bool> flag_ = false;
  std::atomic<int> count_ = 0;
  std::unique_ptr<Reflector> reflector_;
  std::jthread thread_;
};

}  // namespace cresset::runtime
