#include "operator/gateway/reporter.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <thread>

#include "crds/worker_contract/coordination.h"
#include "operator/base/file.h"
#include "operator/net/server/http_server.h"
#include "tests/support/certificates.h"

namespace cresset::gateway {
namespace {

using cresset::testing::TestAuthority;
using worker_contract::LoadReport;

// A leader over TLS, and a reporter on a manual clock.
class ReporterTest : public ::testing::Test {
 protected:
  ReporterTest() {
    std::string pattern = ::testing::TempDir() + "reporter_test_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    write("token", "own-token");
    const auto pair = authority_.issue({.addresses = {"127.0.0.1"}});
    net::ServerOptions options;
    options.tls =
        std::make_unique<net::ServerTls>(net::ServerTls{pair.certificate_pem, pair.key_pem});
    server_ = std::make_unique<net::HttpServer>(
        std::move(options), [this](net::ServerRequest request, net::Reply reply) {
          const auto report = worker_contract::decode_load_report(*base::parse_json(request.body));
          std::lock_guard lock(mutex_);
          EXPECT_TRUE(report);
          EXPECT_EQ(request.path, "/v1/load");
          EXPECT_EQ(request.header("authorization"), "Bearer own-token");
          if (report) reports_.push_back(*report);
          changed_.notify_all();
          reply({.status = 204});
        });
    EXPECT_TRUE(server_->start());
    make_reporter(leader_url());
  }
  std::string leader_url() const { return "https://127.0.0.1:" + std::to_string(server_->port()); }
  void make_reporter(const std::string& url) {
    reporter_ = std::make_unique<Reporter>(
        ReporterOptions{
            .leader_url = url, .ca_file = folder_ + "/ca", .token_file = folder_ + "/token"},
        "gateway-0", [this] { return collect(); }, clock_, base::silent());
  }
  ~ReporterTest() override {
    thread_ = {};
    std::filesystem::remove_all(folder_);
  }
  void write(const std::string& name, const std::string& bytes) {
    EXPECT_TRUE(base::write_file_atomically(folder_ + "/" + name, bytes));
  }
  void run() {
    thread_ = std::jthread([this](std::stop_token stop) { reporter_->run(stop); });
  }
  std::vector<worker_contract::RevisionLoad> collect() {
    std::lock_guard lock(mutex_);
    ++collected_;
    changed_.notify_all();
    return {{.ns = "team", .name = "digits", .revision = "1", .arrivals = 7}};
  }
  void wait_until(const std::function<bool()>& ready) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), ready));
  }

  const TestAuthority authority_{"leader CA"};
  std::string folder_;
  base::ManualClock clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<LoadReport> reports_;
  int collected_ = 0;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<Reporter> reporter_;
  std::jthread thread_;
};

TEST_F(ReporterTest, TellsTheLoadOnceAPeriodWithItsToken) {
  write("ca", authority_.ca_pem());
  run();
  // The thread reads the clock when it starts; an advance that came first is made up for.
  for (size_t told = 1; told <= 3; ++told) {
    while (true) {
      clock_.advance(std::chrono::milliseconds(1000));
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, std::chrono::milliseconds(200),
                            [&] { return reports_.size() >= told; }))
        break;
    }
  }
  std::lock_guard lock(mutex_);
  EXPECT_EQ(reports_[0].gateway, "gateway-0");
  EXPECT_EQ(reports_[0].revisions.at(0).arrivals, 7);
  EXPECT_LT(reports_[0].sequence, reports_[1].sequence);
  EXPECT_GE(reports_[1].period_seconds, 1.0);
}

TEST_F(ReporterTest, GoesWhereAStandbySaysThatTheLeaderIs) {
  write("ca", authority_.ca_pem());
  const std::string leader = leader_url();
  const auto pair = authority_.issue({.addresses = {"127.0.0.1"}});
  net::ServerOptions options;
  options.tls =
      std::make_unique<net::ServerTls>(net::ServerTls{pair.certificate_pem, pair.key_pem});
  int asked = 0;
  net::HttpServer standby(std::move(options), [&](const net::ServerRequest&, net::Reply reply) {
    ++asked;
    reply({.status = 503, .body = base::dump(worker_contract::not_the_leader(leader))});
  });
  ASSERT_TRUE(standby.start());
  make_reporter("https://127.0.0.1:" + std::to_string(standby.port()));
  run();
  for (size_t told = 1; told <= 2; ++told) {
    reporter_->wake();
    wait_until([&] { return reports_.size() == told; });
  }
  thread_ = {};
  EXPECT_EQ(asked, 1);
  standby.stop();
}

TEST_F(ReporterTest, ALeaderThatIsGoneIsForgotten) {
  write("ca", authority_.ca_pem());
  const auto pair = authority_.issue({.addresses = {"127.0.0.1"}});
  std::string points_to = "https://127.0.0.1:1";  // nobody there
  net::ServerOptions options;
  options.tls =
      std::make_unique<net::ServerTls>(net::ServerTls{pair.certificate_pem, pair.key_pem});
  net::HttpServer standby(std::move(options), [&](const net::ServerRequest&, net::Reply reply) {
    std::lock_guard lock(mutex_);
    reply({.status = 503, .body = base::dump(worker_contract::not_the_leader(points_to))});
    changed_.notify_all();
  });
  ASSERT_TRUE(standby.start());
  make_reporter("https://127.0.0.1:" + std::to_string(standby.port()));
  run();
  reporter_->wake();
  wait_until([&] { return collected_ == 1; });
  {
    std::lock_guard lock(mutex_);
    points_to = leader_url();
  }
  reporter_->wake();
  wait_until([&] { return !reports_.empty(); });
  thread_ = {};
  standby.stop();
}

TEST_F(ReporterTest, TellsAtOnceWhenWoken) {
  write("ca", authority_.ca_pem());
  run();
  reporter_->wake();
  wait_until([&] { return reports_.size() == 1; });
}

TEST_F(ReporterTest, GoesOnWithoutTheBundleAndTellsOnceItIsThere) {
  run();
  reporter_->wake();
  wait_until([&] { return collected_ == 1; });
  write("ca", authority_.ca_pem());
  reporter_->wake();
  wait_until([&] { return reports_.size() >= 1; });
}

TEST_F(ReporterTest, TakesANewBundleOverTheOldOne) {
  write("ca", TestAuthority("another CA").ca_pem());
  run();
  reporter_->wake();
  wait_until([&] { return collected_ == 1; });
  write("ca", authority_.ca_pem());
  reporter_->wake();
  wait_until([&] { return reports_.size() >= 1; });
}

}  // namespace
}  // namespace cresset::gateway
