#include "operator/kube/client/request_metrics.h"

namespace cresset::kube {

RequestMetrics::RequestMetrics(base::Metrics* metrics, std::string host)
    : metrics_(metrics), host_(std::move(host)) {}

RequestMetrics::Series RequestMetrics::series_of(const std::string& method, int status) {
  std::lock_guard lock(mutex_);
  const auto known = series_.find({method, status});
  if (known != series_.end()) return known->second;
  const std::string code = status == 0 ? "<error>" : std::to_string(status);
  Series made{
      metrics_->counter("rest_client_requests_total", "Requests to the API server by their answer",
                        {{"code", code}, {"method", method}, {"host", host_}}),
      metrics_->histogram("rest_client_request_duration_seconds",
                          "Seconds until the API server's answer", base::duration_bounds(),
                          {{"verb", method}, {"host", host_}})};
  return series_.emplace(std::pair(method, status), made).first->second;
}

void RequestMetrics::count(const std::string& method, int status,
                           std::chrono::duration<double> took) {
  if (metrics_ == nullptr) return;
  const auto series = series_of(method, status);
  series.requests.add();
  series.duration.observe(took.count());
}

void RequestMetrics::count_overdue() {
  if (metrics_ == nullptr) return;
  metrics_
      ->counter("rest_client_watches_overdue_total",
                "Watches that went on beyond their time and were begun anew: over a connection "
                "that is dead, or of a server that does not heed timeoutSeconds",
                {{"host", host_}})
      .add();
}

}  // namespace cresset::kube
