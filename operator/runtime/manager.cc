#include "operator/runtime/manager.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace cresset::runtime {

namespace {

// Ready is asked, not told: an informer's first list takes milliseconds, and this happens once.
constexpr auto kReadyPoll = std::chrono::milliseconds(10);
// A standby may ask for months.
constexpr auto kLeadPoll = std::chrono::milliseconds(100);

struct Entry {
  Runnable* runnable;
  bool after_sync;
  std::jthread thread;
};

}  // namespace

struct Manager::Impl {
  explicit Impl(base::Log log_in) : log(std::move(log_in)) {}

  void start(Entry& entry) {
    log.debug("starting", {{"runnable", entry.runnable->name()}});
    entry.thread = std::jthread([this, &entry](std::stop_token stop) {
      std::string why;
      try {
        entry.runnable->run(stop);
      } catch (const std::exception& thrown) {
        why = std::string(": exception: ") + thrown.what();
      }
      std::lock_guard lock(mutex);
      if (!stop.stop_requested() && !failure)
        failure = base::internal(entry.runnable->name() + " ended by itself" + why);
      changed.notify_all();
    });
  }

  // True when `entry` may start: all that stand before it are settled, and this replica leads.
  bool wait_for_those_before(const Entry& entry, std::stop_token stop) {
    std::unique_lock lock(mutex);
    while (!stop.stop_requested() && !failure) {
      const bool ready = settled_before(&entry);
      if (ready && leading()) return true;
      changed.wait_for(lock, stop, ready ? kLeadPoll : kReadyPoll,
                       [&] { return failure.has_value(); });
    }
    return false;
  }

  bool settled_before(const Entry* entry) const {
    for (const auto& other : entries) {
      if (&other == entry) break;
      if (!other.runnable->settled()) return false;
    }
    return true;
  }

  void report(base::Metrics& metrics) const {
    struct Caches {
      bool ready = true;
      size_t objects = 0;
    };
    std::map<std::string, Caches> by_resource;
    for (const auto& entry : entries) {
      const auto held = entry.runnable->held();
      if (!held) continue;
      auto& caches = by_resource[held->resource];
      caches.ready = caches.ready && entry.runnable->ready();
      caches.objects += held->objects;
    }
    for (const auto& [resource, caches] : by_resource) {
      const base::Labels labels{{"resource", resource}};
      metrics
          .gauge("cresset_informer_synced",
                 "Whether the caches of a kind are filled and the API server keeps them up", labels)
          .set(caches.ready ? 1 : 0);
      metrics.gauge("cresset_informer_objects", "Objects in the caches of a kind", labels)
          .set(static_cast<double>(caches.objects));
    }
  }

  base::Log log;
  std::vector<Entry> entries;
  std::function<bool()> leading = [] { return true; };
  std::mutex mutex;
  std::condition_variable_any changed;
  std::optional<base::Error> failure;
  std::shared_ptr<void> reported;  // the last: what it calls reads the entries
};

Manager::Manager(base::Log log) : impl_(std::make_unique<Impl>(std::move(log))) {}
Manager::~Manager() = default;

void Manager::add(Runnable& runnable) { impl_->entries.push_back({&runnable, false, {}}); }
void Manager::add_after_sync(Runnable& runnable) {
  impl_->entries.push_back({&runnable, true, {}});
}

void Manager::report_to(base::Metrics& metrics) {
  impl_->reported =
      metrics.before_render([impl = impl_.get(), &metrics] { impl->report(metrics); });
}

void Manager::lead_when(std::function<bool()> leading) { impl_->leading = std::move(leading); }

base::Result<void> Manager::run(std::stop_token stop) {
  for (auto& entry : impl_->entries)
    if (!entry.after_sync) impl_->start(entry);
  for (auto& entry : impl_->entries)
    if (entry.after_sync && impl_->wait_for_those_before(entry, stop)) impl_->start(entry);
  {
    std::unique_lock lock(impl_->mutex);
    impl_->changed.wait(lock, stop, [this] { return impl_->failure.has_value(); });
  }
  for (auto entry = impl_->entries.rbegin(); entry != impl_->entries.rend(); ++entry) {
    if (!entry->thread.joinable()) continue;
    entry->thread.request_stop();
    entry->thread.join();
    impl_->log.debug("stopped", {{"runnable", entry->runnable->name()}});
  }
  if (impl_->failure) return base::fail(*impl_->failure);
  return {};
}

bool Manager::settled() const { return impl_->settled_before(nullptr); }

bool Manager::served() const {
  return std::all_of(impl_->entries.begin(), impl_->entries.end(),
                     [](const Entry& entry) { return entry.runnable->served(); });
}

std::vector<std::string> Manager::not_ready() const {
  std::vector<std::string> waiting;
  for (const auto& entry : impl_->entries)
    if (!entry.runnable->ready())
      waiting.push_back(entry.runnable->name() + ": " + entry.runnable->waiting_for());
  return waiting;
}

}  // namespace cresset::runtime
