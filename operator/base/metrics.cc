#include "operator/base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <list>
#include <mutex>

#include "operator/base/process_metrics.h"

namespace cresset::base {

namespace {

constexpr char kOther[] = "other";

class CounterOf : public Counter {
 public:
  explicit CounterOf(prometheus::Counter& inner) : inner_(inner) {}
  void add(double by) override { inner_.Increment(by); }

 private:
  prometheus::Counter& inner_;
};

class GaugeOf : public Gauge {
 public:
  explicit GaugeOf(prometheus::Gauge& inner) : inner_(inner) {}
  void set(double value) override { inner_.Set(value); }
  void add(double by) override { inner_.Increment(by); }

 private:
  prometheus::Gauge& inner_;
};

class HistogramOf : public Histogram {
 public:
  explicit HistogramOf(prometheus::Histogram& inner) : inner_(inner) {}
  void observe(double value) override { inner_.Observe(value); }

 private:
  prometheus::Histogram& inner_;
};

}  // namespace

struct Metrics::Members {
  // Shared with those who have yet to let go.
  struct Refreshers {
    std::mutex mutex;
    std::list<std::function<void()>> all;
  };
  std::shared_ptr<Refreshers> refreshers = std::make_shared<Refreshers>();

  prometheus::Registry registry;
  std::mutex mutex;
  using Key = std::pair<std::string, Labels>;
  std::map<Key, CounterOf> counters;
  std::map<Key, GaugeOf> gauges;
  std::map<Key, HistogramOf> histograms;
  std::map<std::string, size_t> series;  // by name

  // The member of that name and labels; `add` makes one that is new.
  template <typename Member, typename Add>
  Member& member(std::map<Key, Member>& known, const std::string& name, Labels labels, Add add) {
    std::lock_guard lock(mutex);
    auto found = known.find({name, labels});
    size_t& there = series[name];
    if (found == known.end() && there >= kMostSeries) {
      for (auto& [label, value] : labels) value = kOther;
      found = known.find({name, labels});
    }
    if (found != known.end()) return found->second;
    ++there;
    return known.emplace(Key{name, labels}, add(labels)).first->second;
  }
};

Metrics::Metrics() : members_(std::make_unique<Members>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  return members_->member(members_->counters, name, labels, [&](const Labels& taken) {
    return CounterOf(
        prometheus::BuildCounter().Name(name).Help(help).Register(members_->registry).Add(taken));
  });
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return members_->member(members_->gauges, name, labels, [&](const Labels& taken) {
    return GaugeOf(
        prometheus::BuildGauge().Name(name).Help(help).Register(members_->registry).Add(taken));
  });
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                              const std::vector<double>& bounds, const Labels& labels) {
  return members_->member(members_->histograms, name, labels, [&](const Labels& taken) {
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(members_->registry);
    return HistogramOf(family.Add(taken, bounds));
  });
}

std::shared_ptr<void> Metrics::before_render(std::function<void()> refresh) {
  const auto refreshers = members_->refreshers;
  std::list<std::function<void()>>::iterator place;
  {
    std::lock_guard lock(refreshers->mutex);
    place = refreshers->all.insert(refreshers->all.end(), std::move(refresh));
  }
  return std::shared_ptr<void>(&*place, [refreshers, place](void*) {
    std::lock_guard lock(refreshers->mutex);
    refreshers->all.erase(place);
  });
}

std::string Metrics::render() const {
  {
    std::lock_guard lock(members_->refreshers->mutex);
    for (const auto& refresh : members_->refreshers->all) refresh();
  }
  return prometheus::TextSerializer().Serialize(members_->registry.Collect()) +
         render_process_metrics();
}

std::vector<double> duration_bounds() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}

}  // namespace cresset::base
