#include "operator/net/server/http_server.h"

#include "operator/net/client/headers.h"
#include "operator/net/client/url.h"
#include "operator/net/server/listener.h"

namespace cresset::net {

std::string_view ServerRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (same_name(key, name)) return value;
  return {};
}

std::string ServerRequest::parameter(std::string_view name) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const size_t equals = std::min(pair.find('='), pair.size());
    const auto key = percent_decode(pair.substr(0, equals));
    if (key && *key == name)
      return percent_decode(pair.substr(std::min(equals + 1, pair.size()))).value_or("");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return "";
}

Reply::~Reply() {
  if (sink_ == nullptr) return;
  (*this)({.status = 500,
           .content_type = "application/json",
           .body = "{\"error\":\"the request was dropped without an answer\"}"});
}

Reply& Reply::operator=(Reply&& other) noexcept {
  std::swap(sink_, other.sink_);  // the one that was here is answered with `other`
  return *this;
}

void Reply::operator()(ServerResponse response) {
  if (const auto sink = std::exchange(sink_, nullptr)) sink->send(std::move(response));
}

struct HttpServer::Impl {
  std::shared_ptr<const ServerOptions> options;
  Handler handler;
  std::vector<std::shared_ptr<Loop>> loops;
  std::vector<std::shared_ptr<SessionGroup>> groups;
  std::shared_ptr<OpenCount> open = std::make_shared<OpenCount>();
  std::shared_ptr<Listener> listener;
  bool owns_loops = false;
  std::atomic<uint16_t> port{0};  // asked by others while start() runs

  void on_each_group(const std::function<void(SessionGroup&)>& work) {
    for (const auto& group : groups) group->loop->run_and_wait([&] { work(*group); });
  }
};

HttpServer::HttpServer(ServerOptions options, Handler handler)
    : HttpServer(std::move(options), std::move(handler), {}) {}

HttpServer::HttpServer(ServerOptions options, Handler handler,
                       std::vector<std::shared_ptr<Loop>> loops)
    : impl_(std::make_unique<Impl>()) {
  impl_->options = std::make_shared<const ServerOptions>(std::move(options));
  impl_->handler = std::move(handler);
  impl_->loops = std::move(loops);
}

HttpServer::~HttpServer() { stop(); }

base::Result<void> HttpServer::start() {
  if (impl_->listener != nullptr)
    return base::fail(base::internal("the server was started before"));
  TlsContext secure;
  if (const auto& tls = impl_->options->tls) {
    CRESSET_TRY(made, make_server_context(tls->certificate_pem, tls->key_pem));
    secure = std::move(made);
  }
  if (impl_->loops.empty()) {
    impl_->owns_loops = true;
    for (int i = 0; i < std::max(1, impl_->options->threads); ++i)
      impl_->loops.push_back(std::make_shared<Loop>());
  }
  for (const auto& loop : impl_->loops)
    impl_->groups.push_back(std::make_shared<SessionGroup>(
        SessionGroup{loop, impl_->options, impl_->handler, impl_->open, {}, false}));
  impl_->listener = std::make_shared<Listener>(impl_->groups);
  impl_->listener->set_secure(std::move(secure));
  CRESSET_TRY(port, impl_->listener->listen());
  impl_->port = port;
  impl_->loops.front()->post([listener = impl_->listener] { listener->accept(); });
  return {};
}

uint16_t HttpServer::port() const { return impl_->port; }

base::Result<void> HttpServer::set_tls(const ServerTls& tls) {
  if (impl_->options->tls == nullptr || impl_->listener == nullptr)
    return base::fail(base::internal("set_tls is for a started server that was made with TLS"));
  CRESSET_TRY(secure, make_server_context(tls.certificate_pem, tls.key_pem));
  impl_->listener->set_secure(std::move(secure));
  return {};
}

void HttpServer::stop() {
  if (impl_->groups.empty()) return;
  impl_->loops.front()->run_and_wait([this] { impl_->listener->close(); });
  const auto all_of = [](SessionGroup& group) {
    std::vector<std::shared_ptr<Session>> sessions;
    for (const auto& [key, session] : group.sessions) sessions.push_back(session);
    return sessions;
  };
  impl_->on_each_group([&](SessionGroup& group) {
    group.draining = true;
    for (const auto& session : all_of(group)) session->drain();
  });
  impl_->open->wait_for_none(impl_->options->drain);
  impl_->on_each_group([&](SessionGroup& group) {
    for (const auto& session : all_of(group)) session->close();
    group.handler = nullptr;  // what it holds may hold replies of these sessions
  });
  impl_->groups.clear();
  if (impl_->owns_loops)
    for (const auto& loop : impl_->loops) loop->stop();
}

}  // namespace cresset::net
