#include "operator/gateway/access.h"

#include <algorithm>

#include "operator/base/digest.h"

namespace cresset::gateway {

namespace {

constexpr std::chrono::seconds kKeep{60};
constexpr size_t kMaxKept = 10000;
constexpr size_t kMaxJobs = 1000;

base::Error how_to_ask(const Route& route, const std::string& why) {
  return base::unauthorized(
      why +
      "; this service wants a token of its namespace: kubectl create token default "
      "--audience cresset -n " +
      route.key.ns + ", sent as \"Authorization: Bearer TOKEN\"");
}

base::Result<void> judge(const Route& route, const base::Result<std::string>& ns) {
  if (!ns) {
    if (base::is_unauthorized(ns.error()))
      return base::fail(how_to_ask(route, ns.error().message()));
    return base::fail(ns.error());
  }
  if (*ns == route.key.ns) return {};
  return base::fail(base::forbidden("the token is of namespace \"" + *ns + "\"; " +
                                    route.key.to_string() + " answers only tokens of namespace \"" +
                                    route.key.ns + "\""));
}

}  // namespace

Access::Access(ReviewToken review, base::Clock& clock)
    : review_(std::move(review)),
      clock_(clock),
      thread_([this](std::stop_token stop) { work(stop); }) {}

Access::~Access() = default;

void Access::check(const RoutePtr& route, std::string_view authorization, Done done) {
  if (route->access == AccessMode::kOpen) return done({});
  constexpr std::string_view kBearer = "Bearer ";
  const bool bearer = authorization.substr(0, kBearer.size()) == kBearer;
  if (route->access == AccessMode::kKeys) {
    const std::string hash = bearer ? base::sha256(authorization.substr(kBearer.size())) : "";
    const auto& known = route->key_hashes;
    if (bearer && std::find(known.begin(), known.end(), hash) != known.end()) return done({});
    return done(base::fail(base::unauthorized(
        bearer ? "the key is not one of spec.access.keys"
               : "this service wants a key, sent as \"Authorization: Bearer KEY\"")));
  }
  if (!bearer) return done(base::fail(how_to_ask(*route, "no bearer token")));
  const std::string token(authorization.substr(kBearer.size()));
  std::string hash = base::sha256(token);
  std::unique_lock lock(mutex_);
  const auto kept = kept_.find(hash);
  if (kept != kept_.end() && kept->second.until > clock_.mono()) {
    const auto verdict = judge(*route, kept->second.ns);
    lock.unlock();
    return done(verdict);
  }
  if (jobs_.size() >= kMaxJobs) {
    lock.unlock();
    return done(base::fail(base::exhausted("too many tokens wait to be reviewed")));
  }
  jobs_.push_back({route, token, std::move(hash), std::move(done)});
  changed_.notify_one();
}

void Access::work(std::stop_token stop) {
  for (;;) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return !jobs_.empty(); })) break;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    const auto kept = kept_.find(job.hash);
    const bool known = kept != kept_.end() && kept->second.until > clock_.mono();
    base::Result<std::string> ns = known ? kept->second.ns : base::Result<std::string>("");
    lock.unlock();
    if (!known) {
      ns = review_(job.token);
      // Only an answer is worth keeping: an API server that is away is asked again.
      if (ns || base::is_unauthorized(ns.error())) keep(job.hash, ns);
    }
    job.done(judge(*job.route, ns));
  }
  std::unique_lock lock(mutex_);
  for (auto& job : jobs_) job.done(base::fail(base::unavailable("the gateway is stopping")));
}

void Access::keep(const std::string& hash, base::Result<std::string> ns) {
  std::lock_guard lock(mutex_);
  const auto now = clock_.mono();
  if (kept_.size() >= kMaxKept)
    std::erase_if(kept_, [now](const auto& entry) { return entry.second.until <= now; });
  if (kept_.size() >= kMaxKept) kept_.clear();
  kept_.insert_or_assign(hash, Kept{std::move(ns), now + kKeep});
}

}  // namespace cresset::gateway
