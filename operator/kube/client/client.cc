#include "operator/kube/client/client.h"

#include "operator/kube/client/exchange.h"

namespace cresset::kube {

namespace {

using base::Json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kMaxEvent = 8 << 20;
constexpr base::JsonLimits kAnswerLimits{.max_bytes = 256 << 20, .max_depth = 128};

base::Clock& system_clock() {
  static base::SystemClock clock;
  return clock;
}

}  // namespace

struct Client::Impl {
  Impl(const ClusterConfig& config, base::Log log_in, const ClientOptions& options)
      : log(log_in),
        watch_grace(options.watch_grace),
        exchange(config, options.call_timeout, options.waits,
                 options.clock != nullptr ? *options.clock : system_clock(), options.metrics,
                 std::move(log_in)) {}

  base::Result<Json> call(const ApiRequest& request, bool patient) {
    CRESSET_TRY(body, exchange.call(request, patient));
    auto parsed = base::parse_json(body, kAnswerLimits);
    if (!parsed)
      return base::fail(base::unavailable("the API server's answer to " + request.method + " " +
                                          request.target + ": " + parsed.error().message()));
    return parsed;
  }

  base::Log log;
  milliseconds watch_grace;
  Exchange exchange;
};

Client::Client(ClusterConfig config, base::Log log, ClientOptions options)
    : impl_(std::make_unique<Impl>(config, std::move(log), options)) {}
Client::~Client() = default;

base::Result<Json> Client::get(const Resource& resource, const ObjectKey& key) {
  return impl_->call(get_request(resource, key), true);
}

base::Result<Document> Client::list(const Resource& resource, const ListOptions& options) {
  CRESSET_TRY(body, impl_->exchange.call(list_request(resource, options), true));
  Document page;
  if (const auto read = page.read(body, kAnswerLimits); !read)
    return base::fail(base::unavailable("the API server's list of " + resource.plural + ": " +
                                        read.error().message()));
  return page;
}

base::Result<Json> Client::create(const Resource& resource, const std::string& ns,
                                  const Json& object) {
  return impl_->call(create_request(resource, ns, object), false);
}

base::Result<void> Client::make(const Resource& resource, const std::string& ns,
                                const Json& object) {
  return impl_->exchange.carry(create_request(resource, ns, object), false);
}

base::Result<void> Client::apply(const Resource& resource, const ObjectKey& key, const Json& object,
                                 const std::string& manager, const std::string& subresource) {
  return impl_->exchange.carry(apply_request(resource, key, object, manager, subresource), true);
}

base::Result<Json> Client::merge_patch(const Resource& resource, const ObjectKey& key,
                                       const Json& patch, const std::string& subresource) {
  return impl_->call(merge_patch_request(resource, key, patch, subresource), true);
}

base::Result<Json> Client::replace(const Resource& resource, const ObjectKey& key,
                                   const Json& object) {
  return impl_->call(replace_request(resource, key, object), false);
}

base::Result<void> Client::remove(const Resource& resource, const ObjectKey& key,
                                  const DeleteOptions& options) {
  const auto removed = impl_->exchange.carry(delete_request(resource, key, options), true);
  if (removed || base::is_not_found(removed.error())) return {};
  return base::fail(removed.error());
}

base::Result<void> Client::watch(const Resource& resource, const WatchOptions& options,
                                 std::stop_token stop,
                                 const std::function<void(WatchEvent)>& on_event) {
  const auto longest = seconds(options.timeout_seconds) + impl_->watch_grace;
  WatchDecoder decoder(kMaxEvent);
  base::Result<void> decoded;
  const auto ended = impl_->exchange.stream(
      watch_request(resource, options), longest, stop,
      [&](std::string_view bytes) {
        decoded = decoder.feed(bytes, on_event);
        return decoded.has_value();
      },
      options.on_open);
  if (decoder.skipped() > 0)
    impl_->log.warn("watch events of an unknown type passed over",
                    {{"resource", resource.plural}, {"events", decoder.skipped()}});
  if (stop.stop_requested()) return base::fail(base::cancelled("told to stop"));
  return decoded ? ended : decoded;
}

base::Result<Json> Client::get_path(const std::string& target) {
  return impl_->call({.method = "GET", .target = target}, true);
}

void Client::interrupt() { impl_->exchange.interrupt(); }

}  // namespace cresset::kube
