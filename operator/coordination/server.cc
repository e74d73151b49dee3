#include "operator/coordination/server.h"

#include <exception>
#include <thread>

#include "operator/base/backoff.h"
#include "operator/base/worker_pool.h"
#include "operator/coordination/desk.h"
#include "operator/coordination/waiting_room.h"

namespace cresset::coordination {

namespace {

using std::chrono::milliseconds;

constexpr size_t kMaxWaitingTasks = 20000;
constexpr milliseconds kRetryCertificates{60000};

}  // namespace

struct CoordinationServer::Impl {
  CoordinationOptions options;
  CoordinationSources sources;
  CertificateAuthority& authority;
  base::Clock& clock;
  base::Log log;

  std::mutex mutex;
  std::condition_variable_any woken;  // by `changed`
  std::set<kube::ObjectKey> changed;
  std::condition_variable_any led;  // by `became_leader`
  bool became_leader = false;
  std::string waiting_for = "the certificate authority";
  bool listening = false;

  WaitingRoom room;
  Desk desk;
  std::unique_ptr<base::WorkerPool> pool;
  std::unique_ptr<net::HttpServer> server;

  Impl(CoordinationOptions options_in, CoordinationSources sources_in,
       CertificateAuthority& authority_in, TokenReviewer& reviewer, Reports& reports,
       base::Clock& clock_in, base::Log log_in)
      : options(std::move(options_in)),
        sources(std::move(sources_in)),
        authority(authority_in),
        clock(clock_in),
        log(std::move(log_in)),
        desk(options, sources, reviewer, reports, room, clock,
             [this](const kube::ObjectKey& job) { notify(job); }) {}

  // Of a burst of jobs nobody waits yet, and a thread that is woken for each of their pods costs as
  // much as the plans for them. Who comes is told of once it has been added, so nobody is missed.
  void notify(const kube::ObjectKey& job) {
    if (room.size() == 0) return;
    std::lock_guard lock(mutex);
    changed.insert(job);
    woken.notify_all();
  }

  void lead() {
    std::lock_guard lock(mutex);
    became_leader = true;
    led.notify_all();
  }

  void set_waiting_for(const std::string& what) {
    std::lock_guard lock(mutex);
    waiting_for = what;
    listening = what.empty();
  }

  // False when stopped before.
  bool get_certificates(std::stop_token stop) {
    base::Backoff backoff({.first = milliseconds(100), .cap = milliseconds(10000)},
                          base::system_random());
    while (!stop.stop_requested()) {
      const auto refreshed = authority.refresh();
      if (refreshed) return true;
      log.warn("certificate authority not ready", {{"error", refreshed.error().message()}});
      set_waiting_for(refreshed.error().message());
      std::unique_lock lock(mutex);
      clock.wait_until(lock, led, stop, clock.mono() + backoff.next(),
                       [this] { return std::exchange(became_leader, false); });
    }
    return false;
  }

  base::Result<void> listen() {
    const KeyPair serving = authority.serving();
    net::ServerOptions server_options;
    server_options.address = options.address;
    server_options.port = options.port;
    server_options.tls =
        std::make_unique<net::ServerTls>(net::ServerTls{serving.certificate_pem, serving.key_pem});
    server_options.max_connections = 65536;
    server_options.drain = milliseconds(1000);
    pool = std::make_unique<base::WorkerPool>(options.threads, kMaxWaitingTasks);
    auto fresh = std::make_unique<net::HttpServer>(
        std::move(server_options), [this](net::ServerRequest request, net::Reply reply) {
          accept(std::move(request), std::move(reply));
        });
    CRESSET_CHECK(fresh->start());
    std::lock_guard lock(mutex);
    server = std::move(fresh);
    return {};
  }

  void accept(net::ServerRequest request, net::Reply reply) {
    // std::function wants what it holds to be copyable.
    auto held = std::make_shared<std::pair<net::ServerRequest, net::Reply>>(std::move(request),
                                                                            std::move(reply));
    const bool taken =
        pool->post([this, held] { desk.serve(held->first, std::move(held->second)); });
    if (!taken) held->second(error_response(503, "too many requests wait"));
  }

  std::optional<Group> group_of(const kube::ObjectKey& key, const base::Uid& uid) const {
    const auto job = sources.job(key);
    if (!job || job->uid != uid) return std::nullopt;
    return Group(*job, sources.pods(*job), authority.group_key());
  }

  base::MonoTime refresh_certificates() {
    const auto fresh = authority.refresh();
    if (!fresh) {
      log.warn("certificates not refreshed", {{"error", fresh.error().message()}});
      return clock.mono() + kRetryCertificates;
    }
    if (*fresh) {
      const KeyPair serving = authority.serving();
      const auto set = server->set_tls({serving.certificate_pem, serving.key_pem});
      if (!set) log.error("serving certificate not used", {{"error", set.error().message()}});
    }
    return clock.mono() + options.refresh_certificates;
  }

  base::MonoTime look_at_bundle() {
    if (const auto kept = authority.keep_published(); !kept)
      log.warn("bundle not published", {{"error", kept.error().message()}});
    return clock.mono() + options.look_at_bundle;
  }

  // On a thread of its own: it waits for the API server, and nobody in the waiting room may.
  void keep_certificates_until_stopped(std::stop_token stop) {
    auto refresh_at = clock.mono() + options.refresh_certificates;
    auto bundle_at = clock.mono() + options.look_at_bundle;
    while (!stop.stop_requested()) {
      {
        std::unique_lock lock(mutex);
        clock.wait_until(lock, led, stop, std::min(refresh_at, bundle_at),
                         [this] { return became_leader; });
        if (std::exchange(became_leader, false)) refresh_at = clock.mono();
      }
      try {
        if (clock.mono() >= refresh_at) refresh_at = refresh_certificates();
        if (clock.mono() >= bundle_at) bundle_at = look_at_bundle();
      } catch (const std::exception& thrown) {
        // Of nobody but us, and no reason to take all workers their coordination.
        log.error("looking after the certificates threw", {{"error", thrown.what()}});
        refresh_at = bundle_at = clock.mono() + kRetryCertificates;
      }
    }
  }

  void look_until_stopped(std::stop_token stop) {
    while (!stop.stop_requested()) {
      std::set<kube::ObjectKey> jobs;
      {
        const auto next = room.next().value_or(base::MonoTime::max());
        std::unique_lock lock(mutex);
        clock.wait_until(lock, woken, stop, next, [this] { return !changed.empty(); });
        jobs.swap(changed);
      }
      room.look(jobs, clock.mono(), [this](const kube::ObjectKey& key, const base::Uid& uid) {
        return group_of(key, uid);
      });
    }
  }
};

CoordinationServer::CoordinationServer(CoordinationOptions options, CoordinationSources sources,
                                       CertificateAuthority& authority, TokenReviewer& reviewer,
                                       Reports& reports, base::Clock& clock, base::Log log)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(sources), authority, reviewer,
                                   reports, clock, log.with({{"part", "coordination"}}))) {}

CoordinationServer::~CoordinationServer() = default;

void CoordinationServer::notify(const kube::ObjectKey& job) { impl_->notify(job); }

void CoordinationServer::lead() { impl_->lead(); }

uint16_t CoordinationServer::port() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->server != nullptr ? impl_->server->port() : 0;
}

void CoordinationServer::run(std::stop_token stop) {
  if (!impl_->get_certificates(stop)) return;
  if (const auto listening = impl_->listen(); !listening) {
    impl_->log.error("coordination cannot listen", {{"error", listening.error().message()}});
    impl_->set_waiting_for(listening.error().message());
    return;
  }
  impl_->set_waiting_for("");
  impl_->log.info("coordination listens", {{"port", static_cast<int>(port())}});
  std::jthread keeper([this](std::stop_token own) { impl_->keep_certificates_until_stopped(own); });
  impl_->look_until_stopped(stop);
  keeper.request_stop();  // what it waits for holds nobody else up; the end of this joins it
  impl_->set_waiting_for("stopped");
  impl_->room.close("the operator stops");
  impl_->server->stop();
  impl_->pool.reset();
}

bool CoordinationServer::ready() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->listening;
}

std::string CoordinationServer::waiting_for() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->waiting_for;
}

}  // namespace cresset::coordination
