#pragma once
// What requests to the API server came to, under the names that client-go gives them:
// rest_client_requests_total{code,method,host} and
// rest_client_request_duration_seconds{verb,host}; and rest_client_watches_overdue_total{host}, our
// own. Members are looked up once for each code and method. Any thread; owned by an Exchange.
//
//   metrics.count("GET", 200, took);

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "operator/base/metrics.h"

namespace cresset::kube {

class RequestMetrics {
 public:
  // Counts nothing where `metrics` is null.
  RequestMetrics(base::Metrics* metrics, std::string host);

  // `status` 0: no answer came.
  void count(const std::string& method, int status, std::chrono::duration<double> took);
  void count_overdue();

 private:
  struct Series {
    base::Counter& requests;
    base::Histogram& duration;
  };
  Series series_of(const std::string& method, int status);

  base::Metrics* const metrics_;
  const std::string host_;
  std::mutex mutex_;
  std::map<std::pair<std::string, int>, Series> series_;
};

}  // namespace cresset::kube
