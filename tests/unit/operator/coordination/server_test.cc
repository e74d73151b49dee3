#include "operator/coordination/server.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "crds/worker_contract/group.h"
#include "operator/net/client/http_client.h"
#include "tests/unit/operator/coordination/review_api.h"

namespace cresset::coordination {
namespace {

using std::chrono::seconds;

const std::string kJob = "/v1/namespaces/team/trainingjobs/digits";

// The caches of a cluster with one job of two workers, and a pod of another job.
class Cluster {
 public:
  Cluster() {
    for (const auto& [name, index] : {std::pair("digits-0", 0), {"digits-1", 1}})
      pods_[name] = {.name = name,
                     .uid = base::Uid(std::string("uid-") + name),
                     .job = base::Uid("job"),
                     .index = index,
                     .ip = "10.0.0." + std::to_string(index + 1)};
    pods_["other-0"] = {.name = "other-0",
                        .uid = base::Uid("uid-other-0"),
                        .job = base::Uid("other"),
                        .index = 0,
                        .ip = "10.0.1.1"};
    job_ = {.key = {"team", "digits"}, .uid = base::Uid("job")};
  }
  // As the controller's write of the status.
  void begin_round(int round) {
    std::lock_guard lock(mutex_);
    job_.round = round;
    job_.world_size = 2;
    job_.members = "0-1";
    job_.digest = worker_contract::members_digest(
        {{0, pods_.at("digits-0").uid}, {1, pods_.at("digits-1").uid}});
  }
  void set_ending(const std::string& pod) {
    std::lock_guard lock(mutex_);
    pods_.at(pod).ending = true;
  }
  void replace(const std::string& pod, const std::string& uid) {
    std::lock_guard lock(mutex_);
    pods_.at(pod).uid = base::Uid(uid);
  }
  CoordinationSources sources() {
    CoordinationSources sources;
    sources.job = [this](const kube::ObjectKey& key) -> std::optional<JobView> {
      std::lock_guard lock(mutex_);
      if (key == job_.key) return job_;
      return std::nullopt;
    };
    sources.pods = [this](const JobView& job) {
      std::lock_guard lock(mutex_);
      std::vector<WorkerPod> found;
      for (const auto& [name, pod] : pods_)
        if (pod.job == job.uid) found.push_back(pod);
      return found;
    };
    sources.pod = [this](const kube::ObjectKey& key) -> std::optional<WorkerPod> {
      std::lock_guard lock(mutex_);
      const auto found = pods_.find(key.name);
      if (key.ns != "team" || found == pods_.end()) return std::nullopt;
      return found->second;
    };
    return sources;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, WorkerPod> pods_;
  JobView job_;
};

class Coordination : public ::testing::Test {
 protected:
  Coordination() {
    const auto worker = [](const std::string& pod) {
      return KnownToken{"system:serviceaccount:team:default", pod, "uid-" + pod};
    };
    api_.tokens = {
        {"token-0", worker("digits-0")},
        {"token-1", worker("digits-1")},
        {"token-other", worker("other-0")},
        {"token-vault",
         {"system:serviceaccount:team:default", "digits-0", "uid-digits-0", "vault"}},
        {"token-unbound", {"system:serviceaccount:team:default"}},
        {"token-stranger", {"system:serviceaccount:rivals:default", "digits-0", "x"}},
        {"token-gateway", {"system:serviceaccount:cresset:cresset-gateway", "g", "g"}},
        {"token-fake-gateway", {"system:serviceaccount:team:cresset-gateway", "g", "g"}}};
    auto sources = cluster_.sources();
    sources.is_leader = [this] { return leader_.load(); };
    sources.leader = [] { return std::string("https://10.0.0.9:8443"); };
    sources.on_load = [this](const worker_contract::LoadReport& report) {
      loads_.push_back(report);
    };
    server_ = std::make_unique<CoordinationServer>(
        CoordinationOptions{.address = "127.0.0.1", .port = 0, .ns = "cresset"}, sources,
        authority_, reviewer_, reports_, clock_, base::silent());
    start();
  }
  ~Coordination() override { thread_ = {}; }

  void start() {
    thread_ = std::jthread([this](std::stop_token stop) { server_->run(stop); });
    EXPECT_TRUE(api_.wait_for([this] { return server_->ready(); }));
    client_ = std::make_unique<net::HttpClient>(net::ClientOptions{
        .tls = {.ca_pem = authority_.bundle(), .server_name = "cresset-operator.cresset.svc"}});
  }
  net::Response send(const std::string& method, const std::string& path, const std::string& token,
                     const std::string& body = "") {
    net::Request request{.method = method,
                         .url = "https://127.0.0.1:" + std::to_string(server_->port()) + path,
                         .body = body};
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
    const auto response = client_->send(request);
    EXPECT_TRUE(response) << response.error().message();
    return response ? *response : net::Response{};
  }
  std::future<net::Response> ask(const std::string& token, int after) {
    return std::async(std::launch::async, [this, token, after] {
      return send("GET", kJob + "/membership?after=" + std::to_string(after), token);
    });
  }
  static worker_contract::Membership membership(const net::Response& response) {
    EXPECT_EQ(response.status, 200) << response.body;
    return worker_contract::decode_membership(*base::parse_json(response.body))
        .value_or(worker_contract::Membership{});
  }
  void begin_round(int round) {
    cluster_.begin_round(round);
    server_->notify({"team", "digits"});
  }
  // Both its loops wait: for what changes, and for the time to look at the certificates.
  bool has_nothing_to_do() const { return clock_.waiting() == 2; }

  ReviewApi api_;
  base::ManualClock clock_;
  base::SystemClock wall_;  // for certificates, which TLS holds against the real time
  Cluster cluster_;
  CertificateAuthority authority_{
      api_,
      {.ns = "cresset", .leader = "operator-a", .names = {"cresset-operator.cresset.svc"}},
      wall_,
      base::silent()};
  TokenReviewer reviewer_{api_, clock_};
  Reports reports_{clock_, std::chrono::seconds(10), [](const kube::ObjectKey&) {}};
  std::atomic<bool> leader_ = true;
  std::vector<worker_contract::LoadReport> loads_;
  std::unique_ptr<CoordinationServer> server_;
  std::unique_ptr<net::HttpClient> client_;
  std::jthread thread_;
};

TEST_F(Coordination, TwoPodsThatWaitGetTheirRanksWhenTheRoundBegins) {
  auto first = ask("token-0", 0);
  auto second = ask("token-1", 0);
  EXPECT_TRUE(api_.wait_for([this] { return api_.reviews() == 2; }));
  begin_round(1);
  const auto a = membership(first.get());
  const auto b = membership(second.get());
  EXPECT_EQ(a.first_rank, 0);
  EXPECT_EQ(b.first_rank, 1);
  EXPECT_EQ(b.world_size, 2);
  EXPECT_EQ(b.store, "10.0.0.1:29500");
  EXPECT_EQ(a.secret, b.secret);
}

TEST_F(Coordination, AMemberWaitsForTheNextRoundAndIsSentBackAfterHalfAMinute) {
  begin_round(1);
  auto waiting = ask("token-0", 1);
  // Its time is counted from when it came: move on until it was there.
  while (waiting.wait_for(std::chrono::milliseconds(2)) != std::future_status::ready)
    clock_.advance(seconds(31));
  EXPECT_EQ(waiting.get().status, 204);
  auto again = ask("token-0", 1);
  begin_round(2);
  EXPECT_EQ(membership(again.get()).round, 2);
}

TEST_F(Coordination, ImpostorsAreRefusedWithTheReason) {
  begin_round(1);
  const std::string path = kJob + "/membership?after=0";
  const auto refused = [&](const std::string& token, int status, const std::string& word) {
    for (const auto& [method, target, body] :
         {std::tuple("GET", path, ""),
          {"POST", kJob + "/progress", R"({"round":1,"state":"Running"})"}}) {
      const auto response = send(method, target, token, body);
      EXPECT_EQ(response.status, status) << token << " " << response.body;
      EXPECT_NE(base::text_at(*base::parse_json(response.body), "/error").find(word),
                std::string::npos)
          << response.body;
    }
  };
  refused("", 401, "Bearer");
  refused("made-up", 401, "refused");
  refused("token-vault", 401, "refused");
  refused("token-other", 403, "no worker of");
  refused("token-unbound", 403, "bound to no pod");
  refused("token-stranger", 403, "namespace rivals");
  EXPECT_TRUE(reports_.of(base::Uid("job")).empty());
}

TEST_F(Coordination, ARemovedPodIsTold410) {
  begin_round(1);
  cluster_.set_ending("digits-1");
  const auto gone = ask("token-1", 1).get();
  EXPECT_EQ(gone.status, 410);
  cluster_.replace("digits-0", "uid-new");
  EXPECT_EQ(send("POST", kJob + "/progress", "token-0", R"({"round":1,"state":"Running"})").status,
            410);
}

TEST_F(Coordination, AnotherServerContinuesFromTheStatus) {
  begin_round(5);
  const auto before = membership(ask("token-1", 0).get());
  thread_ = {};
  server_ = std::make_unique<CoordinationServer>(
      CoordinationOptions{.address = "127.0.0.1", .port = 0, .ns = "cresset"}, cluster_.sources(),
      authority_, reviewer_, reports_, clock_, base::silent());
  start();
  EXPECT_EQ(membership(ask("token-1", 0).get()), before);
}

TEST_F(Coordination, ProgressIsFiledUnderTheWorkerOfTheToken) {
  begin_round(1);
  const auto body = base::dump(worker_contract::encode(
      worker_contract::Progress{.round = 1, .step = 12, .total_steps = 40, .loss = 0.25}));
  EXPECT_EQ(send("POST", kJob + "/progress", "token-1", body).status, 204);
  const auto reports = reports_.of(base::Uid("job"));
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports.at(1).progress.step, 12);
  EXPECT_EQ(reports.at(1).pod, base::Uid("uid-digits-1"));
}

TEST_F(Coordination, BrokenBodiesAndPathsAreAnswered) {
  EXPECT_EQ(send("POST", kJob + "/progress", "token-1", "{").status, 400);
  EXPECT_EQ(send("POST", kJob + "/progress", "token-1", std::string((64 << 10) + 1, ' ')).status,
            413);
  const auto odd = send("POST", kJob + "/progress", "token-1", R"({"round":1,"state":"Dancing"})");
  EXPECT_EQ(odd.status, 400);
  EXPECT_NE(odd.body.find("Dancing"), std::string::npos);
  EXPECT_EQ(send("POST", kJob + "/progress", "token-1", "{}").status, 400);
  EXPECT_TRUE(reports_.of(base::Uid("job")).empty());
  EXPECT_EQ(send("GET", "/v1/nothing", "token-1").status, 404);
  EXPECT_EQ(send("GET", "/v1/namespaces/team/trainingjobs/absent/membership", "token-1").status,
            404);
  EXPECT_EQ(send("POST", "/v1/namespaces/team/trainingjobs/absent/progress", "token-1",
                 R"({"round":1,"state":"Running"})")
                .status,
            404);
  EXPECT_EQ(send("GET", kJob + "/membership?after=x", "token-1").status, 400);
  EXPECT_EQ(send("PUT", kJob + "/progress", "token-1").status, 405);
}

TEST_F(Coordination, LoadIsTakenFromTheGatewaysOwnAccountOnly) {
  const auto body = base::dump(worker_contract::encode(worker_contract::LoadReport{
      .gateway = "g", .sequence = 1, .revisions = {{.ns = "team", .name = "digits"}}}));
  EXPECT_EQ(send("POST", "/v1/load", "token-fake-gateway", body).status, 403);
  EXPECT_EQ(send("POST", "/v1/load", "token-0", body).status, 403);
  EXPECT_TRUE(loads_.empty());
  EXPECT_EQ(send("POST", "/v1/load", "token-gateway", body).status, 204);
  ASSERT_EQ(loads_.size(), 1U);
  EXPECT_EQ(loads_[0].revisions.at(0).name, "digits");
}

TEST_F(Coordination, ABundleThatIsGoneIsBackWithinAMinuteAndOneThatIsThereCostsOneRead) {
  const kube::ObjectKey key{"cresset", kAuthorityName};
  const auto waits = [this] { return has_nothing_to_do(); };
  ASSERT_TRUE(api_.wait_for(waits));
  api_.erase(kube::kConfigMaps, key);
  clock_.advance(seconds(60));
  ASSERT_TRUE(api_.wait_for([&] { return api_.find(kube::kConfigMaps, key) && waits(); }));
  EXPECT_EQ(api_.find(kube::kConfigMaps, key)->at("data").at(kBundleKey), authority_.bundle());
  api_.forget_calls();
  clock_.advance(seconds(60));
  ASSERT_TRUE(api_.wait_for([&] { return !api_.calls().empty() && waits(); }));
  EXPECT_EQ(api_.calls().size(), 1U);
  EXPECT_TRUE(api_.writes().empty());
}

TEST_F(Coordination, ALookAtTheBundleThatHangsHoldsNoAnswerUp) {
  ASSERT_TRUE(api_.wait_for([this] { return has_nothing_to_do(); }));
  std::promise<void> go_on;
  api_.set_fault([until = go_on.get_future().share()](
                     const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb == "get" && call.resource == kube::kConfigMaps) until.wait();
    return std::nullopt;
  });
  api_.forget_calls();
  clock_.advance(seconds(60));
  ASSERT_TRUE(api_.wait_for([this] { return !api_.calls("get").empty(); }));
  auto waiting = ask("token-0", 0);
  EXPECT_TRUE(api_.wait_for([this] { return api_.reviews() == 1; }));
  begin_round(1);
  EXPECT_EQ(membership(waiting.get()).round, 1);
  go_on.set_value();
}

TEST_F(Coordination, AStandbySendsEverybodyOn) {
  leader_ = false;
  const auto response = send("GET", kJob + "/membership?after=0", "token-0");
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(net::find_header(response.headers, "Retry-After"), nullptr);
  EXPECT_EQ(worker_contract::leader_of(response.status, response.body), "https://10.0.0.9:8443");
}

TEST_F(Coordination, AnApiServerThatIsAwayIs503) {
  api_.set_down(true);
  EXPECT_EQ(send("GET", kJob + "/membership?after=0", "token-0").status, 503);
}

TEST_F(Coordination, StoppingSendsThoseWhoWaitAway) {
  auto waiting = ask("token-0", 0);
  EXPECT_TRUE(api_.wait_for([this] { return api_.reviews() == 1; }));
  thread_ = {};
  EXPECT_EQ(waiting.get().status, 503);
}

TEST_F(Coordination, AServerOfAnotherAuthorityIsNotTrusted) {
  net::HttpClient client(
      {.tls = {.ca_pem = make_ca("x", wall_.wall(), seconds(1000))->certificate_pem,
               .server_name = "cresset-operator.cresset.svc"}});
  EXPECT_FALSE(
      client.send({.url = "https://127.0.0.1:" + std::to_string(server_->port()) + "/v1/load"}));
}

}  // namespace
}  // namespace cresset::coordination
