#include "operator/runtime/event_recorder.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "operator/base/backoff.h"
#include "operator/runtime/event_series.h"

namespace cresset::runtime {

namespace {

constexpr size_t kMaxWaiting = 1000;
constexpr int kTries = 12;
constexpr auto kSweepEvery = std::chrono::minutes(1);
constexpr base::BackoffRange kRetry{.first = std::chrono::milliseconds(500),
                                    .cap = std::chrono::seconds(10)};

struct Seen {
  ObjectReference about;
  EventNote note;
  base::WallTime wall;
  base::LogFields log_fields;  // of the thread that saw it
};

}  // namespace

struct EventRecorder::Impl {
  Impl(kube::Api& api_in, std::string component, std::string instance, base::Clock& clock_in,
       base::Log log_in)
      : api(api_in),
        clock(clock_in),
        log(std::move(log_in)),
        series(std::move(component), std::move(instance)) {}

  void run(std::stop_token stop);
  std::optional<Seen> next(std::stop_token stop);
  // What it throws is logged and costs what it would have written, not the process.
  void guard(const std::function<void()>& writes) const;
  // False when the server could not be reached.
  bool write(const EventWrite& event, std::stop_token stop);
  base::Result<base::Json> write_once(const EventWrite& event);

  kube::Api& api;
  base::Clock& clock;
  base::Log log;
  EventSeries series;  // the thread's only

  std::mutex mutex;
  std::condition_variable_any changed;
  std::deque<Seen> waiting;
  std::jthread thread;
};

void EventRecorder::Impl::run(std::stop_token stop) {
  auto sweep_at = clock.mono() + kSweepEvery;
  bool reachable = true;
  while (true) {
    const auto seen = next(stop);
    if (seen) {
      const base::LogScope scope(seen->log_fields);
      guard([&] {
        for (const auto& event : series.observe(seen->about, seen->note, seen->wall, clock.mono()))
          reachable = write(event, stop);
      });
    }
    if (clock.mono() >= sweep_at) {
      sweep_at = clock.mono() + kSweepEvery;
      guard([&] {
        for (const auto& event : series.sweep(clock.mono())) reachable = write(event, stop);
      });
    }
    // After stop: what still waits is written, unless nobody answers.
    if (stop.stop_requested() && (!seen || !reachable)) return;
  }
}

void EventRecorder::Impl::guard(const std::function<void()>& writes) const {
  try {
    writes();
  } catch (const std::exception& thrown) {
    log.error("events lost: an exception", {{"error", thrown.what()}});
  }
}

std::optional<Seen> EventRecorder::Impl::next(std::stop_token stop) {
  std::unique_lock lock(mutex);
  if (waiting.empty())
    clock.wait_until(lock, changed, stop, clock.mono() + kSweepEvery,
                     [this] { return !waiting.empty(); });
  if (waiting.empty()) return std::nullopt;
  Seen first = std::move(waiting.front());
  waiting.pop_front();
  return first;
}

bool EventRecorder::Impl::write(const EventWrite& event, std::stop_token stop) {
  base::Backoff backoff(kRetry, base::system_random());
  for (int tried = 1;; ++tried) {
    const auto written = write_once(event);
    if (written || base::is_already_exists(written.error())) return true;
    if (!base::is_retryable(written.error()) || stop.stop_requested() || tried == kTries) {
      log.warn("event not written", {{"event", event.key.to_string()},
                                     {"reason", base::text_at(event.object, "/reason")},
                                     {"error", written.error().message()}});
      return !base::is_retryable(written.error()) && !base::is_cancelled(written.error());
    }
    std::unique_lock lock(mutex);
    clock.wait_until(lock, changed, stop, clock.mono() + backoff.next(), [] { return false; });
  }
}

base::Result<base::Json> EventRecorder::Impl::write_once(const EventWrite& event) {
  if (!event.create) {
    auto patched = api.merge_patch(kube::kEvents, event.key, event.patch);
    if (patched || !base::is_not_found(patched.error())) return patched;
  }
  return api.create(kube::kEvents, event.key.ns, event.object);
}

EventRecorder::EventRecorder(kube::Api& api, std::string component, std::string instance,
                             base::Clock& clock, base::Log log)
    : impl_(std::make_unique<Impl>(api, std::move(component), std::move(instance), clock,
                                   std::move(log))) {
  impl_->thread = std::jthread([impl = impl_.get()](std::stop_token stop) { impl->run(stop); });
}

EventRecorder::~EventRecorder() {
  impl_->thread.request_stop();
  impl_->thread.join();
}

void EventRecorder::record(const ObjectReference& about, const EventNote& note) {
  std::lock_guard lock(impl_->mutex);
  if (impl_->waiting.size() >= kMaxWaiting) {
    impl_->log.warn("event dropped: too many wait to be written", {{"reason", note.reason}});
    return;
  }
  impl_->waiting.push_back({about, note, impl_->clock.wall(), base::LogFields::of_this_thread()});
  impl_->changed.notify_all();
}

}  // namespace cresset::runtime
