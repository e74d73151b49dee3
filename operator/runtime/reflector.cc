#include "operator/runtime/reflector.h"

#include <condition_variable>
#include <mutex>
#include <optional>

#include "operator/kube/core/refusal.h"
#include "operator/runtime/list_pages.h"
#include "operator/runtime/outage.h"
#include "operator/runtime/sync_policy.h"
#include "operator/runtime/watch_session.h"

namespace cresset::runtime {

namespace {

using Ask = SyncPolicy::Ask;
using std::chrono::milliseconds;
using std::chrono::seconds;

// What a watch asks for. A dead connection goes unnoticed for that and the client's grace, which is
// 100 s at most. The server ends a watch by itself before, so that one that is merely quiet, of a
// server without bookmarks too, ends without an error. Far below the 240 s after which common load
// balancers drop a quiet connection without a word; shorter ones would cost more handshakes.
constexpr int kWatchSecondsMin = 70;
constexpr int kWatchSecondsMax = 95;
// client-go's reflector: waits of 0.8 to 1.6 s, doubled up to 30 to 60 s, forgotten after two
// healthy minutes. base::Backoff draws from the upper half of its span.
constexpr base::BackoffRange kBackoff{.first = milliseconds(1600), .cap = seconds(60)};
constexpr auto kForgetAfter = seconds(120);
// A watch that was cut after that long is no sign of a server that fails: something between us ends
// connections that are quiet or old. client-go waits for none of these at all.
constexpr auto kLivedLong = Outage::kLived;

const char* told_of(Ask asked, Ask next, bool at_once) {
  if (asked == Ask::kWatch && next == Ask::kWatch) return "watch failed; opened again";
  if (asked == Ask::kWatch) return "watch failed; all is asked for again";
  if (asked == Ask::kStream && at_once) return "the server streams no list; asked for one";
  return "list failed; tried again";
}

// No such kind, no right, no identity.
bool is_refusal(const base::Error& error) {
  return base::is_not_found(error) || base::is_forbidden(error) || base::is_unauthorized(error);
}

}  // namespace

struct Reflector::Impl {
  Impl(kube::Api& api_in, InformerOptions options_in, base::Clock& clock_in, base::Random random_in,
       base::Log log_in)
      : api(api_in),
        options(std::move(options_in)),
        clock(clock_in),
        random(random_in),
        log(std::move(log_in)),
        backoff(kBackoff, std::move(random_in)) {}

  void run(std::stop_token stop, const ListWatchCallbacks& told);
  base::Result<void> ask(std::stop_token stop, const ListWatchCallbacks& told);
  base::Result<void> list(const ListWatchCallbacks& told);
  base::Result<void> watch(std::stop_token stop, const ListWatchCallbacks& told);
  void on_failure(const base::Error& error, std::stop_token stop);
  void note_opened();
  void note_served();
  void note_end(const base::Result<void>& outcome);
  void wait(std::stop_token stop);

  kube::Api& api;
  InformerOptions options;
  base::Clock& clock;
  base::Random random;
  base::Log log;

  // The reflector's thread only.
  SyncPolicy policy;
  base::Backoff backoff;
  std::optional<base::MonoTime> last_wait;

  mutable std::mutex mutex;
  std::condition_variable_any changed;
  bool listed = false;
  bool forbidden = false;  // once
  bool refused = false;    // now, by the last error of the outage
  Outage outage;
};

void Reflector::Impl::run(std::stop_token stop, const ListWatchCallbacks& told) {
  ListWatchCallbacks callbacks = told;
  callbacks.end_list = [this, &told] {
    told.end_list();
    std::lock_guard lock(mutex);
    listed = true;
  };
  while (!stop.stop_requested()) {
    const auto outcome = ask(stop, callbacks);
    if (stop.stop_requested()) return;
    note_end(outcome);
    if (!outcome) on_failure(outcome.error(), stop);
  }
}

base::Result<void> Reflector::Impl::ask(std::stop_token stop, const ListWatchCallbacks& told) {
  return policy.next() == Ask::kList ? list(told) : watch(stop, told);
}

base::Result<void> Reflector::Impl::list(const ListWatchCallbacks& told) {
  CRESSET_TRY(version, list_pages(api, options, policy.version(), told));
  policy.synced(version);
  note_served();
  return {};
}

base::Result<void> Reflector::Impl::watch(std::stop_token stop, const ListWatchCallbacks& told) {
  const int span = kWatchSecondsMax - kWatchSecondsMin;
  bool taken = false;
  const auto opened = [&] {
    taken = true;
    note_opened();
  };
  const auto served = [&] {
    taken = true;
    note_served();
  };
  const auto begun = clock.mono();
  WatchSession session(api, options, policy, told, {.opened = opened, .served = served}, clock,
                       log);
  auto ended = session.run(kWatchSecondsMin + static_cast<int>(random() * span), stop);
  if (taken && clock.mono() - begun >= kLivedLong) backoff.reset();
  return ended;
}

void Reflector::Impl::on_failure(const base::Error& error, std::stop_token stop) {
  const auto asked = policy.next();
  const bool at_once = policy.failed(error, clock.mono());
  if (at_once && base::is_gone(error)) return;
  const std::initializer_list<base::Field> fields = {{"error_kind", base::to_string(error.kind())},
                                                     {"error", error.message()}};
  const char* told = told_of(asked, policy.next(), at_once);
  if (at_once) return log.info(told, fields);
  log.warn(told, fields);
  wait(stop);
}

// What /readyz is told: a server that refuses us, at once and until it takes a list or watch; one
// that fails or cannot be reached, once that has lasted and until it serves something.
void Reflector::Impl::note_opened() {
  std::lock_guard lock(mutex);
  outage.opened(clock.mono());
  refused = false;
}

void Reflector::Impl::note_served() {
  std::lock_guard lock(mutex);
  outage.served();
  refused = false;
}

void Reflector::Impl::note_end(const base::Result<void>& outcome) {
  std::lock_guard lock(mutex);
  if (outcome) return outage.ended(clock.mono());
  outage.failed(outcome.error(), clock.mono());
  refused = is_refusal(outcome.error());
  forbidden |= base::is_forbidden(outcome.error());
}

void Reflector::Impl::wait(std::stop_token stop) {
  if (last_wait && clock.mono() - *last_wait > kForgetAfter) backoff.reset();
  std::unique_lock lock(mutex);
  clock.wait_until(lock, changed, stop, clock.mono() + backoff.next(), [] { return false; });
  last_wait = clock.mono();
}

Reflector::Reflector(kube::Api& api, InformerOptions options, base::Clock& clock,
                     base::Random random, base::Log log)
    : impl_(std::make_unique<Impl>(api, std::move(options), clock, std::move(random),
                                   std::move(log))) {}
Reflector::~Reflector() = default;

void Reflector::run(std::stop_token stop, const ListWatchCallbacks& callbacks) {
  impl_->run(stop, callbacks);
}

bool Reflector::synced() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->listed && !impl_->refused;
}

bool Reflector::settled() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->listed || impl_->forbidden;
}

bool Reflector::served() const {
  std::lock_guard lock(impl_->mutex);
  return !impl_->outage.is_long(impl_->clock.mono());
}

std::string Reflector::last_error() const {
  std::lock_guard lock(impl_->mutex);
  const auto& last = impl_->outage.last();
  if (!last) return "not listed yet";
  const auto& resource = impl_->options.resource;
  if (impl_->refused) return kube::refusal_text(resource, *last);
  const auto now = impl_->clock.mono();
  if (!impl_->outage.is_long(now)) return last->message();
  return impl_->outage.told("list or watch of " + resource.plural, now);
}

}  // namespace cresset::runtime
