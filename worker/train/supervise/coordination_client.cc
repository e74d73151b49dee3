#include "worker/train/supervise/coordination_client.h"

// cpprestsdk's headers still use names that asio calls deprecated.
#undef BOOST_ASIO_NO_DEPRECATED
#include <cpprest/http_client.h>
#include <openssl/ssl.h>
#include <pplx/threadpool.h>

#include <mutex>

#include "operator/base/file.h"

namespace cresset::train {

using base::Result;
using web::http::client::http_client;
using web::http::client::http_client_config;
using worker_contract::Membership;
using worker_contract::Progress;

namespace {

constexpr size_t kMaxAnswerBytes = 1 << 20;
constexpr int kThreads = 2;

struct Answer {
  int status = 0;
  std::string body;
};

void trust_only(boost::asio::ssl::context& context, const std::string& ca_pem) {
  SSL_CTX_set_cert_store(context.native_handle(), X509_STORE_new());
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.add_certificate_authority(boost::asio::buffer(ca_pem));
}

// The server's words, {"error": …}, as an Error of the fitting kind.
base::Error refusal(const Answer& answer) {
  const auto json = base::parse_json(answer.body, {.max_bytes = kMaxAnswerBytes, .max_depth = 8});
  std::string why = json ? base::text_at(*json, "/error") : "";
  if (why.empty()) why = "status " + std::to_string(answer.status);
  switch (answer.status) {
    case 400:
    case 405:
      return base::invalid(std::move(why));
    case 401:
      return base::unauthorized(std::move(why));
    case 403:
      return base::forbidden(std::move(why));
    case 404:
      return base::not_found(std::move(why));
    case 410:
      return base::gone(std::move(why));
    default:
      return base::unavailable(std::move(why));
  }
}

}  // namespace

struct CoordinationClient::Impl {
  CoordinationOptions options;
  std::mutex mutex;
  std::string leader;                   // "": options.url
  std::shared_ptr<http_client> poller;  // a connection of its own for the long poll
  std::shared_ptr<http_client> reporter;

  explicit Impl(CoordinationOptions options_in) : options(std::move(options_in)) {}

  std::shared_ptr<http_client> make(std::chrono::milliseconds timeout) const {
    static std::once_flag once;
    std::call_once(once, [] { crossplat::threadpool::initialize_with_threads(kThreads); });
    http_client_config config;
    config.set_timeout(timeout);
    config.set_max_redirects(0);
    config.set_ssl_context_callback(
        [pem = options.ca_pem](boost::asio::ssl::context& context) { trust_only(context, pem); });
    return std::make_shared<http_client>(utility::string_t(leader.empty() ? options.url : leader),
                                         config);
  }

  void go_to(const std::string& where) {
    std::lock_guard lock(mutex);
    if (where == leader) return;
    leader = where;
    poller.reset();
    reporter.reset();
  }

  // After a failure the next call connects anew, and looks the name up anew.
  Result<Answer> send(std::shared_ptr<http_client>& slot, std::chrono::milliseconds timeout,
                      web::http::http_request request, std::stop_token stop) {
    CRESSET_TRY(token, base::read_file(options.token_path, 64 << 10));
    while (!token.empty() && (token.back() == '\n' || token.back() == ' ')) token.pop_back();
    request.headers().add("Authorization", "Bearer " + token);
    try {
      std::shared_ptr<http_client> client;
      {
        std::lock_guard lock(mutex);
        if (slot == nullptr) slot = make(timeout);
        client = slot;
      }
      pplx::cancellation_token_source source;
      const std::stop_callback cancel(stop, [&source] { source.cancel(); });
      auto response = client->request(request, source.get_token()).get();
      Answer answer{response.status_code(), response.extract_utf8string(true).get()};
      if (answer.body.size() > kMaxAnswerBytes)
        return base::fail(base::too_large("the operator's answer is over 1 MiB"));
      if (answer.status == 503) go_to(worker_contract::leader_of(answer.status, answer.body));
      return answer;
    } catch (const std::exception& error) {
      go_to("");
      std::lock_guard lock(mutex);
      slot.reset();
      if (stop.stop_requested()) return base::fail(base::cancelled("told to stop"));
      return base::fail(base::unavailable(options.url + ": " + error.what()));
    }
  }
};

CoordinationClient::CoordinationClient(CoordinationOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

CoordinationClient::~CoordinationClient() = default;

Result<std::optional<Membership>> CoordinationClient::membership(int after, std::stop_token stop) {
  const auto& options = impl_->options;
  web::http::http_request request(web::http::methods::GET);
  request.set_request_uri(worker_contract::membership_path(options.ns, options.name, after));
  CRESSET_TRY(answer, impl_->send(impl_->poller, options.long_poll_timeout, request, stop));
  if (answer.status == 204) return std::nullopt;
  if (answer.status != 200) return base::fail(refusal(answer));
  CRESSET_TRY(json, base::parse_json(answer.body, {.max_bytes = kMaxAnswerBytes, .max_depth = 8}));
  auto membership = worker_contract::decode_membership(json);
  if (!membership) return base::fail(base::unavailable(membership.error().message()));
  return *membership;
}

Result<void> CoordinationClient::report(const Progress& progress, std::stop_token stop) {
  const auto& options = impl_->options;
  web::http::http_request request(web::http::methods::POST);
  request.set_request_uri(worker_contract::progress_path(options.ns, options.name));
  request.set_body(base::dump(worker_contract::encode(progress)), "application/json");
  CRESSET_TRY(answer, impl_->send(impl_->reporter, options.timeout, request, stop));
  if (answer.status / 100 == 2) return {};
  return base::fail(refusal(answer));
}

}  // namespace cresset::train
