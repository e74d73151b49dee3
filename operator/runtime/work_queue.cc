#include "operator/runtime/work_queue.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>

#include "operator/runtime/key_queue.h"

namespace cresset::runtime {

using base::MonoTime;
using kube::ObjectKey;

namespace {

struct Meters {
  Meters(base::Metrics& metrics, const base::Labels& labels)
      : adds(metrics.counter("workqueue_adds_total", "Keys added to the queue", labels)),
        retries(metrics.counter("workqueue_retries_total", "Keys added by backoff", labels)),
        queue_seconds(metrics.histogram("workqueue_queue_duration_seconds",
                                        "Seconds that a key waits for a worker",
                                        base::duration_bounds(), labels)),
        work_seconds(metrics.histogram("workqueue_work_duration_seconds",
                                       "Seconds that a key is worked on", base::duration_bounds(),
                                       labels)),
        unfinished(metrics.gauge("workqueue_unfinished_work_seconds",
                                 "Seconds of the work that goes on, of all keys together", labels)),
        longest(metrics.gauge("workqueue_longest_running_processor_seconds",
                              "Seconds of the work that has gone on longest", labels)) {
    for (const auto priority : {Priority::kListed, Priority::kFresh}) {
      auto with_priority = labels;
      with_priority["priority"] = std::to_string(static_cast<int>(priority));
      depth[priority] =
          &metrics.gauge("workqueue_depth", "Keys waiting in the queue", with_priority);
    }
  }

  std::map<Priority, base::Gauge*> depth;
  base::Counter& adds;
  base::Counter& retries;
  base::Histogram& queue_seconds;
  base::Histogram& work_seconds;
  base::Gauge& unfinished;
  base::Gauge& longest;
};

double seconds_between(MonoTime from, MonoTime to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

struct WorkQueue::Impl {
  Impl(base::Clock& clock_in, base::Random random_in, base::BackoffRange range_in)
      : clock(clock_in), random(std::move(random_in)), range(range_in) {}

  // Time moves these two, not what happens to the queue: told when somebody asks.
  void report_unfinished() {
    std::lock_guard lock(mutex);
    const auto now = clock.mono();
    double sum = 0;
    double longest = 0;
    for (const auto& [key, work] : keys.working()) {
      const double seconds = seconds_between(work.since, now);
      sum += seconds;
      longest = std::max(longest, seconds);
    }
    meters->unfinished.set(sum);
    meters->longest.set(longest);
  }

  // All below hold the mutex.
  Priority priority_of(const ObjectKey& key) const {
    const auto work = keys.working_on(key);
    return work ? work->priority : Priority::kFresh;
  }

  // After each change of `keys`.
  void report() {
    if (!meters) return;
    for (const auto& [priority, gauge] : meters->depth)
      gauge->set(static_cast<double>(keys.ready().size(priority)));
    meters->adds.add(static_cast<double>(keys.became_due() - adds_told));
    adds_told = keys.became_due();
  }

  base::Clock& clock;
  base::Random random;
  base::BackoffRange range;

  mutable std::mutex mutex;
  std::condition_variable_any changed;
  KeyQueue keys;
  std::map<ObjectKey, base::Backoff> failures;
  std::optional<Meters> meters;
  uint64_t adds_told = 0;
  std::shared_ptr<void> refreshed;  // the last: what it calls reads all of the above
};

WorkQueue::WorkQueue(base::Clock& clock, base::Random random, base::BackoffRange range)
    : impl_(std::make_unique<Impl>(clock, std::move(random), range)) {}
WorkQueue::~WorkQueue() = default;

void WorkQueue::report_to(base::Metrics& metrics, const std::string& name) {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->meters.emplace(metrics, base::Labels{{"name", name}, {"controller", name}});
  }
  // Without the mutex, which a render takes behind its own.
  impl_->refreshed = metrics.before_render([impl = impl_.get()] { impl->report_unfinished(); });
}

void WorkQueue::add(const ObjectKey& key, Priority priority) {
  std::lock_guard lock(impl_->mutex);
  impl_->keys.add(key, priority, impl_->clock.mono());
  impl_->report();
  impl_->changed.notify_one();
}

// All waiting workers must hear of it, because each sleeps until the earliest time it knew.
void WorkQueue::add_after(const ObjectKey& key, std::chrono::milliseconds delay) {
  std::lock_guard lock(impl_->mutex);
  const auto now = impl_->clock.mono();
  std::optional<MonoTime> due;
  if (delay > std::chrono::milliseconds::zero()) due = now + delay;
  impl_->keys.add(key, impl_->priority_of(key), now, due);
  impl_->report();
  impl_->changed.notify_all();
}

void WorkQueue::add_failed(const ObjectKey& key) {
  std::lock_guard lock(impl_->mutex);
  auto& backoff = impl_->failures.try_emplace(key, impl_->range, impl_->random).first->second;
  const auto now = impl_->clock.mono();
  impl_->keys.add(key, impl_->priority_of(key), now, now + backoff.next());
  if (impl_->meters) impl_->meters->retries.add();
  impl_->report();
  impl_->changed.notify_all();
}

void WorkQueue::forget(const ObjectKey& key) {
  std::lock_guard lock(impl_->mutex);
  impl_->failures.erase(key);
}

std::optional<ObjectKey> WorkQueue::next(std::stop_token stop) {
  std::unique_lock lock(impl_->mutex);
  auto& keys = impl_->keys;
  while (!stop.stop_requested()) {
    const auto now = impl_->clock.mono();
    if (const auto taken = keys.take(now)) {
      if (impl_->meters) impl_->meters->queue_seconds.observe(seconds_between(taken->since, now));
      impl_->report();
      return taken->key;
    }
    const auto due = keys.next_due();
    impl_->clock.wait_until(lock, impl_->changed, stop, due,
                            [&] { return keys.ready().size() > 0 || keys.next_due() < due; });
  }
  return std::nullopt;
}

void WorkQueue::done(const ObjectKey& key) {
  std::lock_guard lock(impl_->mutex);
  const auto work = impl_->keys.done(key);
  if (work && impl_->meters)
    impl_->meters->work_seconds.observe(seconds_between(work->since, impl_->clock.mono()));
  impl_->report();
  if (impl_->keys.is_asked_for(key)) impl_->changed.notify_all();
}

size_t WorkQueue::size() const {
  std::lock_guard lock(impl_->mutex);
  impl_->keys.advance(impl_->clock.mono());
  return impl_->keys.ready().size();
}

size_t WorkQueue::remembered() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->keys.remembered() + impl_->failures.size();
}

}  // namespace cresset::runtime
