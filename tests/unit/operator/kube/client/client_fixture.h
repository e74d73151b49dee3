#pragma once
// A client, its clock, log and metrics, and the server that it asks, for the tests of this folder.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "operator/kube/client/client.h"
#include "tests/support/raw_server.h"

namespace cresset::kube {

using namespace std::chrono_literals;
using testing::RawServer;

class Clients : public ::testing::Test {
 protected:
  // Answers the n-th request (from 0) with what `answer` says.
  void start(std::function<std::string(int n, const std::string& request)> answer,
             ClusterConfig config = {}) {
    server_ = std::make_unique<RawServer>(
        [this, answer](RawServer::Connection& peer, const std::string& request) {
          return peer.write(answer(count_++, request));
        });
    config.server = server_->url();
    client_ = std::make_unique<Client>(config, log_,
                                       ClientOptions{.metrics = &metrics_, .clock = &clock_});
  }
  bool metric(const std::string& part) { return metrics_.render().find(part) != std::string::npos; }
  // Lets waits pass until `call` returned.
  template <typename Call>
  auto while_time_passes(Call call) {
    std::jthread time([this](std::stop_token stop) {
      while (!stop.stop_requested()) {
        clock_.advance(100ms);
        std::this_thread::yield();
      }
    });
    return call();
  }

  base::ManualClock clock_;
  base::Metrics metrics_;
  std::atomic<int> count_ = 0;
  base::Log log_ = base::silent();
  std::unique_ptr<RawServer> server_;
  std::unique_ptr<Client> client_;
};

inline std::string throttled(const std::string& headers) {
  return RawServer::answer(429, R"({"message": "slow down"})", headers);
}

}  // namespace cresset::kube
