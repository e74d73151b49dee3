// Informer and EventRecorder against a real kube-apiserver.

#include <atomic>
#include <thread>

#include "operator/runtime/event_recorder.h"
#include "operator/runtime/informer.h"
#include "tests/integration/cluster.h"

namespace cresset::integration {
namespace {

using kube::kConfigMaps;

struct Map {
  kube::ObjectMeta meta;
  std::string value;
};

base::Result<Map> decode_map(const kube::JsonView& object) {
  return Map{kube::decode_meta(object), std::string(object.text_at("/data/v"))};
}

// Counts how what there is was asked for.
class CountingClient : public kube::Client {
 public:
  using kube::Client::Client;
  base::Result<kube::Document> list(const kube::Resource& resource,
                                    const kube::ListOptions& options) override {
    ++lists;
    return Client::list(resource, options);
  }
  base::Result<void> watch(const kube::Resource& resource, const kube::WatchOptions& options,
                           std::stop_token stop,
                           const std::function<void(kube::WatchEvent)>& on_event) override {
    ++watches;
    return Client::watch(resource, options, stop, on_event);
  }
  std::atomic<int> lists = 0;
  std::atomic<int> watches = 0;
};

class Runtime : public ClusterTest {
 protected:
  base::SystemClock clock_;
};

TEST_F(Runtime, AnInformerFollowsTheServer) {
  ASSERT_TRUE(create("before"));
  runtime::Informer<Map> maps(client_,
                              {.resource = kConfigMaps, .ns = ns_, .label_selector = "from=" + ns_},
                              decode_map, clock_, base::system_random(), base::silent());
  std::atomic<int> told = 0;
  maps.on_change([&](const Map*, const Map*) {
    ++told;
    told.notify_all();
  });
  const auto wait_for = [&](int count) {
    for (int seen = told; seen < count; seen = told) told.wait(seen);
  };
  std::jthread thread([&](std::stop_token stop) { maps.run(stop); });
  wait_for(1);
  EXPECT_NE(maps.store().get({ns_, "before"}), nullptr);
  ASSERT_TRUE(create("after"));
  wait_for(2);
  ASSERT_TRUE(client_.merge_patch(kConfigMaps, {ns_, "after"}, {{"data", {{"v", "2"}}}}));
  wait_for(3);
  EXPECT_EQ(maps.store().get({ns_, "after"})->value, "2");
  ASSERT_TRUE(client_.remove(kConfigMaps, {ns_, "before"}));
  wait_for(4);
  EXPECT_EQ(maps.store().size(), 1U);
  EXPECT_TRUE(maps.ready());
}

TEST_F(Runtime, OneWatchTellsAnInformerWhatThereIsAndWhatHappensWithoutAList) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(create("before-" + std::to_string(i)));
  CountingClient client(cluster_config(), base::silent());
  std::atomic<int> fresh = 0;
  runtime::Informer<Map> maps(client,
                              {.resource = kConfigMaps, .ns = ns_, .label_selector = "from=" + ns_},
                              decode_map, clock_, base::system_random(), base::silent());
  maps.on_change([&](const Map*, const Map*, runtime::Priority priority) {
    if (priority == runtime::Priority::kFresh) ++fresh;
    fresh.notify_all();
  });
  std::jthread thread([&](std::stop_token stop) { maps.run(stop); });
  while (!maps.ready()) std::this_thread::yield();
  EXPECT_EQ(maps.store().size(), 20U);
  EXPECT_EQ(fresh, 0);
  ASSERT_TRUE(create("after"));
  fresh.wait(0);
  EXPECT_NE(maps.store().get({ns_, "after"}), nullptr);
  EXPECT_EQ(client.watches, 1);
  EXPECT_EQ(client.lists, 0);
}

TEST_F(Runtime, AnInformerOfAMissingKindSaysThatTheCrdIsNotThere) {
  runtime::Reflector reflector(client_,
                               {.resource = {"cresset.dev", "v1alpha1", "nothings", "Nothing"}},
                               clock_, base::system_random(), base::silent());
  std::stop_source stop;
  std::jthread thread([&] { reflector.run(stop.get_token(), {}); });
  while (reflector.last_error().find("is its CRD installed?") == std::string::npos)
    std::this_thread::yield();
  EXPECT_FALSE(reflector.synced());
  stop.request_stop();
}

TEST_F(Runtime, EventsAreTakenAndRepeatsBecomeASeries) {
  const auto made = create("subject");
  ASSERT_TRUE(made) << why(made);
  {
    runtime::EventRecorder recorder(client_, "cresset-operator", "test", clock_,
                                    base::Log(base::LogLevel::kWarn));
    for (int i = 0; i < 3; ++i)
      recorder.record(
          {"v1", "ConfigMap", ns_, "subject", base::Uid(base::text_at(*made, "/metadata/uid"))},
          {runtime::EventType::kWarning, "Broken", "Look", "it is \u00e4rgerlich"});
  }
  const auto events = client_.list(kube::kEvents, {.ns = ns_});
  ASSERT_TRUE(events) << why(events);
  ASSERT_EQ(events->root().find("/items").size(), 1U);
  const base::Json event = events->root().find("/items/0").json();
  EXPECT_EQ(base::text_at(event, "/note"), "it is \u00e4rgerlich");
  EXPECT_EQ(base::text_at(event, "/regarding/name"), "subject");
  EXPECT_EQ(base::number_at(event, "/series/count"), 2);
}

}  // namespace
}  // namespace cresset::integration
