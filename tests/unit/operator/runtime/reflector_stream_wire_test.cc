// A streamed list over a connection that breaks at any byte.
#include <atomic>
#include <cstdio>
#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "operator/runtime/reflector.h"
#include "tests/support/fake_api.h"
#include "tests/support/raw_server.h"

namespace cresset::runtime {
namespace {

using namespace std::chrono_literals;
using base::Json;
using testing::RawServer;

const std::string kHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::set<std::string> kThere = {"a", "b", "gr\u00fc\u00df"};

// All there is and its end, as one chunk.
std::string stream() {
  std::string lines;
  for (const auto& name : kThere)
    lines += base::dump({{"type", "ADDED"},
                         {"object", {{"metadata", {{"name", name}, {"resourceVersion", "5"}}}}}}) +
             "\n";
  const Json meta = {{"resourceVersion", "6"},
                     {"annotations", {{"k8s.io/initial-events-end", "true"}}}};
  lines += base::dump({{"type", "BOOKMARK"}, {"object", {{"metadata", meta}}}}) + "\n";
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", lines.size());
  return kHead + size + lines + "\r\n";
}

std::string list() {
  Json items = Json::array();
  for (const auto& name : kThere) items.push_back({{"metadata", {{"name", name}}}});
  return RawServer::answer(
      200, base::dump({{"metadata", {{"resourceVersion", "6"}}}, {"items", items}}));
}

class StreamWire : public ::testing::Test {
 protected:
  // The first stream breaks after `cut` bytes, the others do not.
  void serve(size_t cut) {
    first_ = true;
    server_ = std::make_unique<RawServer>([this, cut](auto& peer, const std::string& ask) {
      if (ask.find("watch=true") == std::string::npos) return peer.write(list());
      if (ask.find("sendInitialEvents") == std::string::npos) {
        EXPECT_NE(ask.find("resourceVersion=6&"), std::string::npos) << ask;
        watched_ = peer.write(kHead);
      } else if (first_.exchange(false)) {
        return peer.write(stream().substr(0, cut)) && false;
      } else {
        watched_ = peer.write(stream());
      }
      peer.wait_for_close();
      return false;
    });
  }
  void run() {
    kube::Client client({.server = server_->url()}, base::silent());
    Reflector reflector(
        client, {.resource = kube::kPods}, clock_, [] { return 0.0; }, base::silent());
    std::jthread thread([&](std::stop_token stop) {
      reflector.run(stop, {.begin_list = [this] { list_.clear(); },
                           .end_list = [this] { end_list(); },
                           .put =
                               [this](const kube::JsonView& object) {
                                 list_.emplace(object.text_at("/metadata/name"));
                               }});
    });
    EXPECT_TRUE(waiting_.wait_for([&] {
      clock_.advance(500ms);
      return watched_ && ends_ > 0;
    }));
  }
  void end_list() {
    held_ = list_;
    ++ends_;
  }

  base::ManualClock clock_;
  testing::FakeApi waiting_;  // for its wait_for() only
  std::atomic<bool> first_ = true;
  std::atomic<bool> watched_ = false;
  std::atomic<int> ends_ = 0;
  std::set<std::string> list_;  // the reflector's thread, and after it the test's
  std::set<std::string> held_;
  std::unique_ptr<RawServer> server_;
};

TEST_F(StreamWire, CutAtAnyByteItIsToldWholeAndOnce) {
  for (size_t cut = 0; cut <= stream().size(); ++cut) {
    watched_ = false;
    ends_ = 0;
    held_.clear();
    serve(cut);
    run();
    server_.reset();
    ASSERT_EQ(held_, kThere) << "cut at byte " << cut;
    ASSERT_EQ(ends_, 1) << "cut at byte " << cut;
  }
}

}  // namespace
}  // namespace cresset::runtime
