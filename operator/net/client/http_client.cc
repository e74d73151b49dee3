#include "operator/net/client/http_client.h"

#include <algorithm>
#include <atomic>

#include "operator/net/client/body_stream.h"
#include "operator/net/client/exchange.h"
#include "operator/net/client/loop.h"

namespace cresset::net {

namespace {

// A loop, and what the exchanges on it share.
struct Lane {
  std::shared_ptr<Loop> loop;
  std::shared_ptr<ClientCore> core;

  void start(const std::shared_ptr<Exchange>& exchange) const {
    if (loop->is_current()) return exchange->start();
    if (!loop->post([exchange] { exchange->start(); })) exchange->cancel();
  }
  void cancel(const std::shared_ptr<Exchange>& exchange) const {
    loop->post([exchange] { exchange->cancel(); });
  }
  void close() const {
    loop->run_and_wait([core = core] {
      core->closed = true;
      std::vector<std::shared_ptr<Exchange>> running;
      for (Exchange* exchange : core->running) running.push_back(exchange->shared_from_this());
      for (const auto& exchange : running) exchange->cancel();
      core->pool.clear();
    });
  }
};

base::Result<std::shared_ptr<Exchange>> prepare(
    const Lane& lane, Request request, HttpClient::Callback done,
    std::optional<Exchange::Streaming> streaming = std::nullopt) {
  CRESSET_CHECK(check_request(request));
  CRESSET_TRY(url, parse_url(request.url));
  if (url.tls) CRESSET_CHECK(lane.core->secure());
  return std::make_shared<Exchange>(lane.core, std::move(request), std::move(url), std::move(done),
                                    std::move(streaming));
}

// Where a blocking caller waits for its result.
class Waiter {
 public:
  void set(Exchange::Result got) {
    {
      std::lock_guard lock(mutex_);
      result_ = std::move(got);
    }
    changed_.notify_one();  // who wakes finds the mutex free
  }
  base::Result<Response> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return result_.has_value(); });
    if (!*result_) return base::fail(std::move(result_->error().error));
    return std::move(**result_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Exchange::Result> result_;
};

base::Failure blocks_its_own_thread() {
  return base::fail(base::internal("a blocking call on the HTTP client's own I/O thread"));
}

}  // namespace

struct HttpClient::Impl {
  std::vector<Lane> lanes;
  std::atomic<size_t> turn{0};

  const Lane* own_lane() const {
    const auto own = std::find_if(lanes.begin(), lanes.end(),
                                  [](const Lane& lane) { return lane.loop->is_current(); });
    return own == lanes.end() ? nullptr : &*own;
  }
  // The calling thread's own, else each in turn.
  const Lane& lane() {
    if (const Lane* own = own_lane()) return *own;
    return lanes[turn++ % lanes.size()];
  }
};

base::Result<void> check_tls(const TlsOptions& tls) {
  CRESSET_CHECK(make_secure(tls));
  return {};
}

HttpClient::HttpClient(ClientOptions options)
    : HttpClient(std::move(options), {std::make_shared<Loop>()}) {}

HttpClient::HttpClient(ClientOptions options, std::vector<std::shared_ptr<Loop>> loops)
    : impl_(std::make_unique<Impl>()) {
  for (auto& loop : loops)
    impl_->lanes.push_back({loop, std::make_shared<ClientCore>(loop->context(), options)});
}

HttpClient::~HttpClient() {
  for (const Lane& lane : impl_->lanes) lane.close();
}

base::Result<void> HttpClient::set_tls(const TlsOptions& tls) {
  CRESSET_TRY(secure, make_secure(tls));
  for (const Lane& lane : impl_->lanes) {
    lane.core->use(secure);
    lane.loop->post([core = lane.core] { core->pool.clear(); });
  }
  return {};
}

void HttpClient::async_send(Request request, Callback done) {
  const Lane& lane = impl_->lane();
  auto kept = std::make_shared<Callback>(std::move(done));
  auto exchange = prepare(lane, std::move(request),
                          [kept](Exchange::Result result) { (*kept)(std::move(result)); });
  if (exchange) return lane.start(*exchange);
  const auto refuse = [kept, error = exchange.error()] {
    (*kept)(tl::unexpected(ClientError{error, true}));
  };
  if (!lane.loop->post(refuse)) refuse();
}

base::Result<Response> HttpClient::send(Request request, std::stop_token stop) {
  if (impl_->own_lane() != nullptr) return blocks_its_own_thread();
  const Lane& lane = impl_->lane();
  const auto waiter = std::make_shared<Waiter>();
  const auto done = [waiter](Exchange::Result result) { waiter->set(std::move(result)); };
  CRESSET_TRY(exchange, prepare(lane, std::move(request), done));
  lane.start(exchange);
  const std::stop_callback on_stop(stop, [&] { lane.cancel(exchange); });
  return waiter->wait();
}

base::Result<Response> HttpClient::stream(Request request, std::chrono::milliseconds longest,
                                          std::stop_token stop, OnData on_data, OnOpen on_open) {
  if (impl_->own_lane() != nullptr) return blocks_its_own_thread();
  const Lane& lane = impl_->lane();
  const auto body = std::make_shared<BodyStream>();
  const auto done = [body](Exchange::Result result) { body->finish(std::move(result)); };
  Exchange::Streaming streaming{
      {.header = [body](const Response& response) { body->header(response); },
       .piece = [body](std::string_view piece) { return body->push(piece); }},
      longest};
  CRESSET_TRY(exchange, prepare(lane, std::move(request), done, std::move(streaming)));
  lane.start(exchange);
  for (;;) {
    BodyStream::Taken taken = body->take(stop);
    if (taken.opened && on_open) on_open();
    if (taken.result) {
      if (!*taken.result) return base::fail(std::move(taken.result->error().error));
      return std::move(**taken.result);
    }
    if (taken.piece.empty() && taken.opened) continue;
    if (taken.piece.empty()) {
      lane.cancel(exchange);
      return base::fail(base::cancelled("the stream was stopped"));
    }
    if (!on_data(taken.piece)) {
      lane.cancel(exchange);
      return body->seen_header();
    }
    if (taken.ask_for_more) lane.loop->post([exchange] { exchange->resume(); });
  }
}

}  // namespace cresset::net
