#pragma once
// A forwarder alone, with the routes that a test gives it, and who asks through it. One service.

#include <gmock/gmock.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "operator/gateway/forward.h"

namespace cresset::gateway {

class ForwardFixture : public ::testing::Test {
 protected:
  // The client's side of one request.
  struct Asked : net::Reply::Sink {
    std::promise<net::ServerResponse> promise;
    std::future<net::ServerResponse> answer = promise.get_future();
    void send(net::ServerResponse response) override { promise.set_value(std::move(response)); }
    bool gone() const override { return false; }
    bool answered() const {
      return answer.wait_for(std::chrono::milliseconds(0)) == std::future_status::ready;
    }
  };

  explicit ForwardFixture(ForwardOptions options)
      : forwarder_(options, routes_, *client_, meter_, clock_, metrics_) {}
  ~ForwardFixture() override {
    forwarder_.stop();
    client_.reset();
  }

  void route_to(const std::vector<std::string>& addresses) {
    auto route = std::make_shared<Route>();
    route->key = kService;
    for (const auto& address : addresses) route->backends.push_back(backends_.at(address));
    routes_.put(route);
    forwarder_.pump(kService);
  }
  std::shared_ptr<Asked> ask(std::string body = "x", net::Headers headers = {}) {
    auto asked = std::make_shared<Asked>();
    forwarder_.forward(kService, "/v2/models/digits/infer",
                       {.method = "POST", .headers = std::move(headers), .body = std::move(body)},
                       net::Reply(asked));
    return asked;
  }

  const kube::ObjectKey kService{"ns", "digits"};
  base::ManualClock clock_;
  base::Metrics metrics_;
  Backends backends_;
  RouteBoard routes_;
  LoadMeter meter_;
  std::unique_ptr<net::HttpClient> client_ = std::make_unique<net::HttpClient>();
  Forwarder forwarder_;
};

}  // namespace cresset::gateway
