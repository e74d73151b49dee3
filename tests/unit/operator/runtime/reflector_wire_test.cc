// A reflector and its client before a server that breaks off, falls silent or talks nonsense, and
// that streams no lists.
#include <cstdio>
#include <set>

#include "tests/support/raw_server.h"
#include "tests/unit/operator/runtime/reflector_fixture.h"

namespace cresset::runtime::reflector_wire_test {
namespace {

using testing::RawServer;
using Connection = RawServer::Connection;

std::string chunk(const std::string& bytes) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}

const std::string kHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

// What happened, by version from 2 on; version 1 is the empty list.
const std::vector<std::pair<const char*, const char*>> kHistory = {
    {"ADDED", "a"}, {"ADDED", "b"}, {"MODIFIED", "a"}, {"DELETED", "b"}, {"ADDED", "c"}};

// The lines of a watch from `version` on.
std::string lines_after(size_t version) {
  std::string lines;
  for (size_t i = version - 1; i < kHistory.size(); ++i) {
    const Json object = {
        {"metadata", {{"name", kHistory[i].second}, {"resourceVersion", std::to_string(i + 2)}}},
        {"note", "gr\u00fc\u00df"}};
    lines += base::dump({{"type", kHistory[i].first}, {"object", object}}) + "\n";
  }
  return lines;
}

size_t version_in(const std::string& request) {
  return std::stoul(request.substr(request.find("resourceVersion=") + 16));
}

// Its first watch asks for no time at all, so that it ends after the client's grace alone.
class HastyClient : public kube::Client {
 public:
  using kube::Client::Client;
  base::Result<void> watch(const kube::Resource& resource, const kube::WatchOptions& options,
                           std::stop_token stop,
                           const std::function<void(kube::WatchEvent)>& on_event) override {
    kube::WatchOptions asked = options;
    if (!options.initial_events && std::exchange(first_, false)) asked.timeout_seconds = 0;
    return kube::Client::watch(resource, asked, stop, on_event);
  }

 private:
  bool first_ = true;
};

class Wire : public ::testing::Test {
 protected:
  // The first watch is served by `first`, the others send what happened and stay open.
  void serve(std::function<bool(Connection&)> first) {
    server_ = std::make_unique<RawServer>([this, first](Connection& peer, const std::string& ask) {
      if (ask.find("sendInitialEvents") != std::string::npos)
        return peer.write(RawServer::answer(400, R"({"message": "unknown parameter"})"));
      if (ask.find("watch=true") == std::string::npos) {
        ++lists_;
        return peer.write(
            RawServer::answer(200, R"({"metadata": {"resourceVersion": "1"}, "items": []})"));
      }
      if (first_.exchange(false)) return first(peer);
      peer.write(kHead + chunk(lines_after(version_in(ask))));
      peer.wait_for_close();
      return false;
    });
    const kube::ClusterConfig config{.server = server_->url()};
    if (hasty_)
      client_ = std::make_unique<HastyClient>(
          config, base::silent(), kube::ClientOptions{.clock = &clock_, .watch_grace = 300ms});
    else
      client_ = std::make_unique<kube::Client>(config, base::silent());
    reflector_ = std::make_unique<Reflector>(
        *client_, InformerOptions{.resource = kube::kPods}, clock_, [] { return 0.0; },
        base::silent());
    thread_ = std::jthread([this](std::stop_token stop) {
      reflector_->run(stop, {.put = [this](const kube::JsonView& object) { put(object); },
                             .deleted = [this](const kube::JsonView& object) { erase(object); }});
    });
  }
  void stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    server_.reset();
  }
  ~Wire() override {
    stopped_slowly_ = false;
    stopped_slowly_.notify_all();
    stop();
  }

  void put(const kube::JsonView& object) {
    stopped_slowly_.wait(true);
    std::lock_guard lock(mutex_);
    EXPECT_EQ(object.text_at("/note"), "gr\u00fc\u00df");
    held_.emplace(object.text_at("/metadata/name"));
    ++told_;
  }
  void erase(const kube::JsonView& object) {
    std::lock_guard lock(mutex_);
    held_.erase(std::string(object.text_at("/metadata/name")));
    ++told_;
  }
  // Until everything that happened was told; the clock moves as it would.
  bool complete() {
    return waiting_.wait_for([this] {
      clock_.advance(1s);
      return all_was_told();
    });
  }
  bool all_was_told() {
    std::lock_guard lock(mutex_);
    return told_ >= kHistory.size();
  }
  std::vector<std::string> asked() {
    std::vector<std::string> versions;
    for (const auto& request : server_->requests())
      if (request.find("watch=true") != std::string::npos &&
          request.find("sendInitialEvents") == std::string::npos)
        versions.push_back(std::to_string(version_in(request)));
    return versions;
  }

  base::ManualClock clock_;
  FakeApi waiting_;  // for its wait_for() only
  bool hasty_ = false;
  std::atomic<bool> first_ = true;
  std::atomic<int> lists_ = 0;
  std::atomic<bool> stopped_slowly_ = false;
  std::mutex mutex_;
  std::set<std::string> held_;
  size_t told_ = 0;
  std::unique_ptr<RawServer> server_;
  std::unique_ptr<kube::Client> client_;
  std::unique_ptr<Reflector> reflector_;
  std::jthread thread_;
};

const std::set<std::string> kInTheEnd = {"a", "c"};

TEST_F(Wire, AStreamCutAtAnyByteEndsInTheSameStoreAndTellsNothingTwice) {
  const std::string whole = kHead + chunk(lines_after(1));
  for (size_t cut = 0; cut <= whole.size(); ++cut) {
    first_ = true;
    serve([&](Connection& peer) { return peer.write(whole.substr(0, cut)) && false; });
    ASSERT_TRUE(complete()) << "cut at byte " << cut;
    stop();
    ASSERT_EQ(held_, kInTheEnd) << "cut at byte " << cut;
    ASSERT_EQ(told_, kHistory.size()) << "cut at byte " << cut;
    ASSERT_EQ(lists_, 1) << "cut at byte " << cut;
    held_.clear();
    told_ = 0;
    lists_ = 0;
  }
}

TEST_F(Wire, AfterABrokenLineTheWatchIsOpenedAgainAtTheLastGoodVersion) {
  serve([](Connection& peer) {
    const std::string lines = lines_after(1);
    peer.write(kHead + chunk(lines.substr(0, lines.find('\n') + 1) + "{\"type\": \"ADD\n"));
    peer.wait_for_close();
    return false;
  });
  ASSERT_TRUE(complete());
  EXPECT_EQ(asked(), (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(lists_, 1);
  std::lock_guard lock(mutex_);
  EXPECT_EQ(held_, kInTheEnd);
}

TEST_F(Wire, AfterTwoBrokenLinesAtOneVersionAllIsAskedForAgain) {
  std::atomic<int> broken = 0;
  serve([&](Connection& peer) {
    first_ = ++broken < 2;
    peer.write(kHead + chunk("{\"type\": \"ADD\n"));
    peer.wait_for_close();
    return false;
  });
  ASSERT_TRUE(complete());
  EXPECT_EQ(asked(), (std::vector<std::string>{"1", "1", "1"}));
  EXPECT_EQ(lists_, 2);
  std::lock_guard lock(mutex_);
  EXPECT_EQ(held_, kInTheEnd);
}

TEST_F(Wire, AConnectionThatFellSilentIsGivenUpAndTheGapIsFilledAtOnce) {
  hasty_ = true;
  serve([](Connection& peer) {
    const std::string lines = lines_after(1);
    peer.write(kHead + chunk(lines.substr(0, lines.find('\n') + 1)));
    peer.wait_for_close();
    return false;
  });
  ASSERT_TRUE(waiting_.wait_for([this] { return all_was_told(); })) << "and its clock stood still";
  EXPECT_EQ(asked()[1], "2");
  EXPECT_EQ(lists_, 1);
  std::lock_guard lock(mutex_);
  EXPECT_EQ(held_, kInTheEnd);
}

TEST_F(Wire, AServerThatTakesEachWatchAndEndsItAtOnceServesNothing) {
  serve([this](Connection& peer) {
    first_ = true;  // the next one as well
    return peer.write(kHead + "0\r\n\r\n");
  });
  ASSERT_TRUE(waiting_.wait_for([this] {
    if (clock_.waiting() == 1) clock_.advance(1s);
    return !reflector_->served();
  }));
  EXPECT_TRUE(reflector_->synced());
  EXPECT_EQ(lists_, 1);
  EXPECT_NE(reflector_->last_error().find("has served no list or watch of pods for 2 minutes"),
            std::string::npos);
}

TEST_F(Wire, AServerThatClosesBeforeASlowReaderCostsNothing) {
  std::atomic<bool> closed = false;
  stopped_slowly_ = true;
  serve([&](Connection& peer) {
    const std::string lines = lines_after(1);
    peer.write(kHead + chunk(lines.substr(0, lines.size() / 2)));
    closed = true;
    closed.notify_all();
    return false;
  });
  closed.wait(false);
  stopped_slowly_ = false;
  stopped_slowly_.notify_all();
  ASSERT_TRUE(complete());
  EXPECT_EQ(lists_, 1);
  std::lock_guard lock(mutex_);
  EXPECT_EQ(held_, kInTheEnd);
  EXPECT_EQ(told_, kHistory.size());
}

}  // namespace
}  // namespace cresset::runtime::reflector_wire_test
