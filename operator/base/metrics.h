#pragma once
// Metrics: counters, gauges and histograms of one process (prometheus-cpp core), rendered in the
// Prometheus text format 0.0.4. A Metrics is made once in main and passed down by reference; it
// outlives whoever holds its members. Any thread may move a metric or render. Ask for a member once
// and keep the reference: the look-up takes a lock, moving it does not. A gauge that is right only
// for a moment (seconds since …) is moved by before_render(). Labels may hold what users invent:
// beyond kMostSeries of one name, those that are new are counted together, as "other".
//
//   auto& made = metrics.counter("cresset_pods_created_total", "Pods created", {{"kind",
//   "TrainingJob"}}); made.add(1);

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cresset::base {

using Labels = std::map<std::string, std::string>;

// Sets of labels of one name: a thousand services with ten codes each.
inline constexpr size_t kMostSeries = 10000;

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void add(double by = 1) = 0;
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) = 0;
  virtual void add(double by) = 0;
};
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void observe(double value) = 0;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // `bounds` are the upper bounds of the buckets, ascending; the same for every label set of a
  // name.
  Histogram& histogram(const std::string& name, const std::string& help,
                       const std::vector<double>& bounds, const Labels& labels = {});
  // Each render calls `refresh` first; it may move metrics and must not render. It is called no
  // more once the answer is let go of, which waits for a call that goes on (so hold no lock then
  // that `refresh` takes) and may be after the end of the Metrics.
  [[nodiscard]] std::shared_ptr<void> before_render(std::function<void()> refresh);
  // With what the process costs (process_metrics.h).
  std::string render() const;

 private:
  struct Members;
  std::unique_ptr<Members> members_;
};

// 1 ms to 30 s, for durations in seconds.
std::vector<double> duration_bounds();

}  // namespace cresset::base
