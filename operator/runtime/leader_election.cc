#include "operator/runtime/leader_election.h"

namespace cresset::runtime {

using base::Result;

namespace {

constexpr double kJitter = 1.2;  // client-go's JitterFactor: candidates do not try in step
constexpr int kReleaseTries = 2;

}  // namespace

LeaderElection::LeaderElection(kube::Api& api, ElectionOptions options, Callbacks callbacks,
                               base::Clock& clock, base::Random random, base::Metrics& metrics,
                               base::Log log)
    : api_(api),
      options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      clock_(clock),
      random_(std::move(random)),
      log_(log.with({{"lease", options_.lease.to_string()}, {"identity", options_.identity}})),
      status_(metrics.gauge("leader_election_master_status", "1 while this replica leads",
                            {{"name", options_.lease.name}})),
      slow_path_(metrics.counter("leader_election_slowpath_total",
                                 "Renewals that had to read the lease before they replaced it",
                                 {{"name", options_.lease.name}})),
      judge_(options_.identity, options_.address, options_.times) {
  status_.set(0);
}

bool LeaderElection::leading() const {
  std::lock_guard lock(mutex_);
  return leading_;
}

Leader LeaderElection::leader() const {
  std::lock_guard lock(mutex_);
  return leader_;
}

bool LeaderElection::overdue() const {
  std::lock_guard lock(mutex_);
  return leading_ && clock_.mono() > renewed_at_ + options_.times.duration * 2;
}

bool LeaderElection::served() const {
  std::lock_guard lock(mutex_);
  return !outage_.is_long(clock_.mono());
}

std::string LeaderElection::waiting_for() const {
  std::lock_guard lock(mutex_);
  const auto now = clock_.mono();
  const std::string lease = "lease " + options_.lease.to_string() + ": ";
  if (outage_.is_long(now)) return lease + outage_.told("request for it", now);
  return lease + (last_error_.empty() ? "nobody leads" : last_error_);
}

void LeaderElection::note(const kube::Lease& lease) {
  judge_.see(lease, clock_.mono());
  const Leader now{lease.holder, lease.address};
  std::lock_guard lock(mutex_);
  if (now == leader_) return;
  leader_ = now;
  if (!now.identity.empty() && now.identity != options_.identity)
    log_.info("another replica leads", {{"leader", now.identity}, {"address", now.address}});
}

Result<bool> LeaderElection::write(const kube::Lease& lease) {
  const auto body = kube::encode_lease(options_.lease, lease);
  const auto written = lease.resource_version.empty()
                           ? api_.create(kube::kLeases, options_.lease.ns, body)
                           : api_.replace(kube::kLeases, options_.lease, body);
  if (written) {
    note(kube::decode_lease(*written));
    return true;
  }
  if (base::is_conflict(written.error()) || base::is_already_exists(written.error())) return false;
  return base::fail(written.error());
}

Result<void> LeaderElection::in_time() const {
  std::lock_guard lock(mutex_);
  if (!leading_ || clock_.mono() < renewed_at_ + options_.times.renew_within) return {};
  return base::fail(base::timed_out("the API server answers too slowly"));
}

Result<bool> LeaderElection::take_or_renew() {
  // A record that is still ours is replaced without a look: one call, and a conflict tells.
  if (judge_.is_ours()) {
    const auto renewed = write(judge_.held(clock_.wall()));
    if (renewed && *renewed) return true;
    // A conflict, or a record that somebody deleted, wants a look; anything else the next try.
    if (!renewed && !base::is_not_found(renewed.error())) return renewed;
    slow_path_.add();
  }
  CRESSET_CHECK(in_time());
  const auto found = api_.get(kube::kLeases, options_.lease);
  if (found)
    note(kube::decode_lease(*found));
  else if (base::is_not_found(found.error()))
    judge_.see_none();
  else
    return base::fail(found.error());
  if (!judge_.may_take(clock_.mono())) return false;
  CRESSET_CHECK(in_time());
  return write(judge_.held(clock_.wall()));
}

void LeaderElection::pause(std::stop_token stop, base::MonoTime until) {
  std::unique_lock lock(mutex_);
  clock_.wait_until(lock, woken_, stop, until, [] { return false; });
}

bool LeaderElection::acquire(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto begun = clock_.mono();
    const auto taken = take_or_renew();
    if (taken && *taken) {
      std::lock_guard lock(mutex_);
      renewed_at_ = begun;
      leading_ = true;
      outage_.served();
      return true;
    }
    const std::string error = taken ? "" : taken.error().message();
    {
      std::lock_guard lock(mutex_);
      outage_.note(taken, clock_.mono());
      if (!error.empty() && error != last_error_)
        log_.warn("the lease cannot be read or taken", {{"error", error}});
      last_error_ = error;
    }
    const auto retry = options_.times.retry;
    pause(stop, begun + retry +
                    std::chrono::milliseconds(static_cast<int64_t>(
                        static_cast<double>(retry.count()) * kJitter * random_())));
  }
  return false;
}

std::string LeaderElection::renew_until_lost(std::stop_token stop) {
  std::string error;
  auto begun = clock_.mono();
  while (true) {
    pause(stop, begun + options_.times.retry);
    if (stop.stop_requested()) return "";
    begun = clock_.mono();
    const auto renewed = take_or_renew();
    std::lock_guard lock(mutex_);
    outage_.note(renewed, clock_.mono());
    if (renewed && *renewed) {
      renewed_at_ = begun;
      error.clear();
      continue;
    }
    if (renewed) return leader_.identity + " took it";
    error = renewed.error().message();
    if (clock_.mono() >= renewed_at_ + options_.times.renew_within)
      return "it could not be renewed in time: " + error;
  }
}

void LeaderElection::release() {
  for (int i = 0; i < kReleaseTries && judge_.is_ours(); ++i) {
    const auto released = write(judge_.released(clock_.wall()));
    if (released && *released) return log_.info("the lease is given up");
    if (!released)
      return log_.warn("the lease is not given up", {{"error", released.error().message()}});
    if (const auto found = api_.get(kube::kLeases, options_.lease))
      note(kube::decode_lease(*found));
  }
}

void LeaderElection::run(std::stop_token stop) {
  if (!acquire(stop)) return;
  log_.info("this replica leads");
  status_.set(1);
  callbacks_.on_leading();
  const std::string lost = renew_until_lost(stop);
  {
    std::lock_guard lock(mutex_);
    leading_ = false;
  }
  status_.set(0);
  if (lost.empty()) return release();
  log_.error("the lease is lost", {{"why", lost}});
  callbacks_.on_lost(lost);
}

}  // namespace cresset::runtime
