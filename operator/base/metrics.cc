#include "operator/base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

#include "operator/base/process_metrics.h"

namespace cresset::base {

namespace {

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
  prometheus::Registry registry;
  std::mutex mutex;
  using Key = std::pair<std::string, Labels>;
  std::map<Key, CounterOf> counters;
  std::map<Key, GaugeOf> gauges;
  std::map<Key, HistogramOf> histograms;
};

Metrics::Metrics() : members_(std::make_unique<Members>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  std::lock_guard lock(members_->mutex);
  const Members::Key key{name, labels};
  if (const auto found = members_->counters.find(key); found != members_->counters.end())
    return found->second;
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(members_->registry);
  return members_->counters.emplace(key, family.Add(labels)).first->second;
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  std::lock_guard lock(members_->mutex);
  const Members::Key key{name, labels};
  if (const auto found = members_->gauges.find(key); found != members_->gauges.end())
    return found->second;
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(members_->registry);
  return members_->gauges.emplace(key, family.Add(labels)).first->second;
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                              const std::vector<double>& bounds, const Labels& labels) {
  std::lock_guard lock(members_->mutex);
  const Members::Key key{name, labels};
  if (const auto found = members_->histograms.find(key); found != members_->histograms.end())
    return found->second;
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(members_->registry);
  return members_->histograms.emplace(key, family.Add(labels, bounds)).first->second;
}

std::string Metrics::render() const {
  return prometheus::TextSerializer().Serialize(members_->registry.Collect()) +
         render_process_metrics();
}

std::vector<double> duration_bounds() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}

}  // namespace cresset::base
