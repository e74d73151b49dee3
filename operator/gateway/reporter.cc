#include "operator/gateway/reporter.h"

#include "crds/worker_contract/coordination.h"
#include "operator/base/file.h"

namespace cresset::gateway {

Reporter::Reporter(ReporterOptions options, std::string gateway, Collect collect,
                   base::Clock& clock, base::Log log)
    : options_(std::move(options)),
      gateway_(std::move(gateway)),
      collect_(std::move(collect)),
      clock_(clock),
      log_(std::move(log)) {}

void Reporter::wake() {
  std::lock_guard lock(mutex_);
  awake_ = true;
  changed_.notify_all();
}

void Reporter::run(std::stop_token stop) {
  auto last = clock_.mono();
  for (int64_t sequence = 1; !stop.stop_requested(); ++sequence) {
    {
      std::unique_lock lock(mutex_);
      clock_.wait_until(lock, changed_, stop, last + options_.period, [this] { return awake_; });
      awake_ = false;
    }
    if (stop.stop_requested()) return;
    const auto now = clock_.mono();
    worker_contract::LoadReport report{
        .gateway = gateway_,
        .sequence = sequence,
        .period_seconds = std::max(0.001, std::chrono::duration<double>(now - last).count()),
        .revisions = collect_()};
    last = now;
    const auto done = deliver(report, stop);
    if (done.has_value() == delivered_ || stop.stop_requested()) continue;
    delivered_ = done.has_value();
    if (delivered_)
      log_.info("load reports reach the leader");
    else
      log_.warn("load reports do not reach the leader", {{"error", done.error().message()}});
  }
}

base::Result<void> Reporter::deliver(const worker_contract::LoadReport& report,
                                     std::stop_token stop) {
  const std::string before = leader_;
  auto done = post(report, stop);
  // Once more where the leader is said to be, or, when that one is gone, where any replica is.
  if (!done && leader_ != before && !stop.stop_requested()) done = post(report, stop);
  return done;
}

base::Result<void> Reporter::post(const worker_contract::LoadReport& report, std::stop_token stop) {
  CRESSET_TRY(ca, base::read_file(options_.ca_file));
  CRESSET_TRY(token, base::read_file(options_.token_file));
  if (client_ == nullptr || ca != ca_) {
    client_ = std::make_unique<net::HttpClient>(net::ClientOptions{.tls = {.ca_pem = ca}});
    ca_ = ca;
  }
  const auto answer = client_->send(
      {.method = "POST",
       .url = (leader_.empty() ? options_.leader_url : leader_) + "/v1/load",
       .headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}},
       .body = base::dump(encode(report)),
       .timeout = std::chrono::milliseconds(2000)},
      stop);
  if (!answer) {
    leader_.clear();
    return base::fail(answer.error());
  }
  if (answer->status == 503) leader_ = worker_contract::leader_of(answer->status, answer->body);
  if (answer->status >= 300)
    return base::fail(base::unavailable("the leader answered " + std::to_string(answer->status) +
                                        ": " + answer->body.substr(0, 200)));
  return {};
}

}  // namespace cresset::gateway
