#pragma once
// A whole gateway over an API server in memory, and who asks it.

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "operator/gateway/gateway.h"
#include "tests/support/fake_api.h"

namespace cresset::gateway {

class GatewayFixture : public ::testing::Test {
 protected:
  explicit GatewayFixture(bool time_by_hand = false)
      : clock_(time_by_hand ? static_cast<base::Clock&>(manual_) : system_) {}
  // One that derives from it and has what the gateway reaches stops it first.
  ~GatewayFixture() override { stop(); }

  void add_service(const kube::ObjectKey& key, const std::string& mode) {
    api_.seed(kube::kModelServices, service(key, mode));
  }
  static base::Json service(const kube::ObjectKey& key, const std::string& mode) {
    return {{"metadata", {{"namespace", key.ns}, {"name", key.name}}},
            {"spec", {{"access", {{"mode", mode}}}}},
            {"status", {{"revision", "1"}}}};
  }
  // Until it listens.
  void start(GatewayOptions options) {
    options.address = "127.0.0.1";
    options.port = 0;
    gateway_ = std::make_unique<Gateway>(
        std::move(options), api_, [](const std::string& token) { return review(token); }, clock_,
        metrics_, base::silent());
    running_ = std::jthread([this](std::stop_token stop) { EXPECT_TRUE(gateway_->run(stop)); });
    EXPECT_TRUE(api_.wait_for([this] { return gateway_->port() != 0; }));
  }
  void stop() {
    running_ = {};
    gateway_.reset();
  }
  // Tokens are the names of their namespaces.
  static base::Result<std::string> review(const std::string& token) {
    if (token == "broken") return base::fail(base::unauthorized("the token is not valid"));
    return token;
  }
  net::Response get(const std::string& path, net::Headers headers = {}) {
    return ask({.url = path, .headers = std::move(headers)});
  }
  net::Response ask(net::Request request) {
    request.url = "http://127.0.0.1:" + std::to_string(gateway_->port()) + request.url;
    auto answer = client_.send(std::move(request));
    return answer ? *answer : net::Response{.status = 0, .body = answer.error().message()};
  }

  testing::FakeApi api_;
  base::SystemClock system_;
  base::ManualClock manual_;
  base::Clock& clock_;
  base::Metrics metrics_;
  net::HttpClient client_;
  std::unique_ptr<Gateway> gateway_;
  std::jthread running_;
};

}  // namespace cresset::gateway
