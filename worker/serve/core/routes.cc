#include "worker/serve/core/routes.h"

#include <algorithm>
#include <utility>

namespace cresset::serve {

namespace {

using base::ErrorKind;
using net::ServerResponse;

constexpr char kJsonType[] = "application/json";
constexpr char kLengthHeader[] = "Inference-Header-Content-Length";

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return 400;
    case ErrorKind::kNotFound:
      return 404;
    case ErrorKind::kTooLarge:
      return 413;
    case ErrorKind::kUnsupported:
      return 501;
    case ErrorKind::kExhausted:
    case ErrorKind::kUnavailable:
      return 503;
    case ErrorKind::kTimeout:
      return 504;
    default:
      return 500;
  }
}

ServerResponse json(std::string body, int status = 200) {
  return {.status = status, .content_type = kJsonType, .body = std::move(body)};
}

ServerResponse wrong_method(const net::ServerRequest& request, const std::string& allowed) {
  auto response = json(
      error_body(base::invalid(request.path + " takes " + allowed + ", found " + request.method)),
      405);
  response.headers.emplace_back("Allow", allowed);
  return response;
}

// One infer request on its way through the batcher.
class InferWaiter : public Waiter {
 public:
  InferWaiter(const Signature& signature, InferRequest request, net::Reply reply,
              LoadCounters& load)
      : signature_(signature),
        request_(std::move(request)),
        reply_(std::move(reply)),
        load_(load) {}

  void answered(std::span<const Tensor> outputs) override {
    auto answer = write_infer(signature_, request_, outputs);
    if (!answer) return failed(answer.error());
    auto response = json(std::move(answer->body));
    if (answer->json_bytes) {
      response.content_type = "application/octet-stream";
      response.headers.emplace_back(kLengthHeader, std::to_string(*answer->json_bytes));
    }
    send(std::move(response));
  }
  void failed(const base::Error& error) override { send(error_response(error)); }

  std::vector<Tensor> take_inputs() { return std::move(request_.inputs); }

 private:
  void send(ServerResponse response) {
    response.close = load_.draining;
    load_.in_flight -= 1;
    reply_(std::move(response));
  }

  const Signature& signature_;
  InferRequest request_;
  net::Reply reply_;
  LoadCounters& load_;
};

}  // namespace

ServerResponse error_response(const base::Error& error) {
  auto response = json(error_body(error), status_of(error.kind()));
  if (response.status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

Routes::Routes(RoutesOptions options, base::Clock& clock, LoadCounters& load,
               const base::Metrics& metrics)
    : options_(std::move(options)), clock_(clock), load_(load), metrics_(metrics) {}

void Routes::serve(const Signature& signature, Batcher& batcher, ServeMetrics& counted,
                   SelfTest& self_test) {
  served_ = {&signature, &batcher, &counted, &self_test};
  has_model_.store(true, std::memory_order_release);
  load_.ready = true;
}

void Routes::drain() { load_.draining = true; }

net::Handler Routes::handler() {
  return [this](net::ServerRequest request, net::Reply reply) {
    handle(std::move(request), std::move(reply));
  };
}

void Routes::handle(net::ServerRequest request, net::Reply reply) {
  if (request.method == "POST" && request.path.ends_with("/infer"))
    return infer(std::move(request), std::move(reply));
  reply(answer(request));
}

void Routes::infer(net::ServerRequest request, net::Reply reply) {
  Target target;
  if (!parse_target(request.path, target) || target.verb != "infer") return reply(answer(request));
  if (auto known = check_target(target); !known) return reply(error_response(known.error()));
  if (!has_model_.load(std::memory_order_acquire)) return reply(error_response(not_ready()));
  const auto length = request.header(kLengthHeader);
  auto parsed =
      parse_infer(std::move(request.body),
                  length.data() == nullptr || length.empty() ? std::nullopt : std::optional(length),
                  *served_.signature, options_.limits);
  if (!parsed) {
    served_.counted->failed(1);
    return reply(error_response(parsed.error()));
  }
  Pending pending;
  pending.queued.rows = parsed->rows;
  if (parsed->timeout) pending.queued.deadline = clock_.mono() + *parsed->timeout;
  auto waiter = std::make_unique<InferWaiter>(*served_.signature, std::move(*parsed),
                                              std::move(reply), load_);
  pending.inputs = waiter->take_inputs();
  pending.waiter = std::move(waiter);
  load_.in_flight += 1;
  if (auto taken = served_.batcher->submit(pending); !taken) {
    served_.counted->failed(1);
    pending.waiter->failed(taken.error());
  }
}

ServerResponse Routes::answer(const net::ServerRequest& request) {
  const std::string& path = request.path;
  Target target;
  const bool is_model = parse_target(path, target);
  const bool is_fixed = path == "/v2" || path == "/v2/" || path == "/v2/health/live" ||
                        path == "/v2/health/ready" || path == "/load" || path == "/metrics";
  if (!is_model && !is_fixed)
    return json(error_body(base::not_found(
                    "there is no " + path +
                    "; there are /v2, /v2/health/live, /v2/health/ready, /v2/models/NAME "
                    "(with /versions/V, /ready, /infer), /load and /metrics")),
                404);
  if (is_model && target.verb == "infer") return wrong_method(request, "POST");
  if (request.method != "GET" && request.method != "HEAD") return wrong_method(request, "GET");
  if (is_model) return model_answer(request, target);
  if (path == "/v2/health/live") return json("{\"live\":true}");
  if (path == "/v2/health/ready") return ready_answer(base::Json::object());
  if (path == "/load") {
    const bool has = has_model_.load(std::memory_order_acquire);
    return json(base::dump(
        worker_contract::encode(load_.snapshot(has ? served_.batcher->limits().max_rows : 1))));
  }
  if (path == "/metrics") {
    if (has_model_.load(std::memory_order_acquire))
      served_.counted->pending(static_cast<int64_t>(served_.batcher->queued()));
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_.render()};
  }
  return json(server_metadata());
}

ServerResponse Routes::model_answer(const net::ServerRequest&, const Target& target) {
  if (auto known = check_target(target); !known) return error_response(known.error());
  if (target.verb == "ready") return ready_answer({{"name", target.model}});
  if (!has_model_.load(std::memory_order_acquire)) return error_response(not_ready());
  return json(model_metadata(*served_.signature));
}

ServerResponse Routes::ready_answer(base::Json body) const {
  if (has_model_.load(std::memory_order_acquire)) served_.self_test->before_readiness();
  const bool is_ready = ready();
  body["ready"] = is_ready;
  auto response = json(base::dump(body), is_ready ? 200 : 503);
  response.close = load_.draining;
  return response;
}

base::Error Routes::not_ready() const {
  return base::unavailable("model \"" + options_.model + "\" is not ready yet; try again");
}

base::Result<void> Routes::check_target(const Target& target) const {
  if (target.model != options_.model)
    return base::fail(base::not_found("there is no model \"" + target.model +
                                      "\"; this server has \"" + options_.model + "\""));
  if (target.version.empty() || !has_model_.load(std::memory_order_acquire)) return {};
  if (target.version == served_.signature->version) return {};
  return base::fail(base::not_found("model \"" + target.model + "\" has no version \"" +
                                    target.version + "\"; it has \"" + served_.signature->version +
                                    "\""));
}

bool Routes::parse_target(std::string_view path, Target& target) {
  constexpr std::string_view kPrefix = "/v2/models/";
  if (!path.starts_with(kPrefix)) return false;
  path.remove_prefix(kPrefix.size());
  const auto next = [&path] {
    const auto part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    return std::string(part);
  };
  target.model = next();
  if (path.starts_with("versions/")) {
    next();
    target.version = next();
    if (target.version.empty()) return false;
  }
  target.verb = next();
  const bool known = target.verb.empty() || target.verb == "ready" || target.verb == "infer";
  return !target.model.empty() && known && path.empty();
}

}  // namespace cresset::serve
