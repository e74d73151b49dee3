#pragma once
// FakeApi: an API server in memory for the unit tests of controllers and of the runtime. It keeps
// objects with uid, resourceVersion, generation, deletionTimestamp and finalizers; lists by label
// and field selectors, in pages; watches from a version, or after all there is (initial events),
// with all other bookmarks left out; applies like
// server-side apply under one manager (what an earlier apply named and a later one does not is
// removed; lists are replaced whole; an apply that changes nothing makes no new version); deletes
// with preconditions and collects what the deleted object owned. It checks no schema. It counts
// writes and answers prepared errors. Any thread; owned by the test.
//
//   FakeApi api;  api.seed(kube::kTrainingJobs, job);  reconcile(...);
//   EXPECT_EQ(api.writes().size(), 3U);  EXPECT_TRUE(api.find(kube::kPods, {"team", "digits-0"}));

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "operator/kube/client/client.h"

namespace cresset::testing {

class FakeApi : public kube::Api {
 public:
  struct Call {
    std::string verb;  // get, list, create, apply, merge_patch, replace, remove, watch
    kube::Resource resource;
    kube::ObjectKey key;
    std::string subresource;
  };
  // Under which it keeps the objects of a kind.
  static std::string id_of(const kube::Resource& resource) {
    return resource.plural + "." + resource.group;
  }
  // Asked before each call; an Error answers it.
  using Fault = std::function<std::optional<base::Error>(const Call& call)>;

  base::Result<base::Json> get(const kube::Resource& resource, const kube::ObjectKey& key) override;
  base::Result<kube::Document> list(const kube::Resource& resource,
                                    const kube::ListOptions& options) override;
  base::Result<base::Json> create(const kube::Resource& resource, const std::string& ns,
                                  const base::Json& object) override;
  base::Result<void> apply(const kube::Resource& resource, const kube::ObjectKey& key,
                           const base::Json& object, const std::string& manager,
                           const std::string& subresource = "") override;
  base::Result<base::Json> merge_patch(const kube::Resource& resource, const kube::ObjectKey& key,
                                       const base::Json& patch,
                                       const std::string& subresource = "") override;
  base::Result<base::Json> replace(const kube::Resource& resource, const kube::ObjectKey& key,
                                   const base::Json& object) override;
  base::Result<void> remove(const kube::Resource& resource, const kube::ObjectKey& key,
                            const kube::DeleteOptions& options = {}) override;
  base::Result<void> watch(const kube::Resource& resource, const kube::WatchOptions& options,
                           std::stop_token stop,
                           const std::function<void(kube::WatchEvent)>& on_event) override;

  // What a person or another controller does; not counted, no fault asked.
  base::Json seed(const kube::Resource& resource, base::Json object);
  void set_status(const kube::Resource& resource, const kube::ObjectKey& key, base::Json status);
  void erase(const kube::Resource& resource, const kube::ObjectKey& key);
  std::optional<base::Json> find(const kube::Resource& resource, const kube::ObjectKey& key) const;
  std::vector<base::Json> all(const kube::Resource& resource) const;

  std::vector<Call> calls() const;
  std::vector<Call> calls(const std::string& verb) const;
  // Calls that write, in order, whether or not they changed anything; version() before and after
  // tells that.
  std::vector<Call> writes() const;
  // Without those of Events, which a thread of their own writes when it comes to it.
  std::vector<Call> writes_but_events() const;
  void forget_calls();
  void set_fault(Fault fault);
  // Ends every running watch as the server does at its time-out.
  void end_watches();
  // Lists and watches from a version before now get 410.
  void compact();
  // The version of the newest change.
  std::string version() const;
  int watching() const;
  // Waits (real time, at most 10 s) until `ready` holds; asked again every few milliseconds.
  bool wait_for(const std::function<bool()>& ready) const;

 private:
  using StoreKey = std::pair<std::string, kube::ObjectKey>;  // "plural.group", key
  struct Event {
    int64_t version;
    std::string resource;
    kube::WatchEventType type;
    base::Json before;
    base::Json object;
  };

  std::optional<base::Error> begin(Call call);
  base::Result<base::Json> lookup(const kube::Resource& resource, const kube::ObjectKey& key) const;
  base::Json insert(const kube::Resource& resource, base::Json object);
  base::Json update(const kube::Resource& resource, const base::Json& before, base::Json after);
  void drop(const kube::Resource& resource, const base::Json& object);
  void collect_children(const std::string& owner_uid);
  std::vector<std::pair<kube::WatchEventType, base::Json>> initial_events(
      const kube::Resource& resource, const kube::WatchOptions& options) const;
  void tell(const kube::Resource& resource, kube::WatchEventType type, base::Json before,
            base::Json object);

  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::map<StoreKey, base::Json> objects_;
  std::map<std::string, kube::Resource> resources_;  // by "plural.group"
  std::map<std::string, base::Json> applied_;        // last intent, by object, manager, subresource
  std::deque<Event> events_;
  std::vector<Call> calls_;
  Fault fault_;
  int64_t version_ = 0;
  int64_t oldest_ = 0;
  int64_t uids_ = 0;
  int epoch_ = 0;
  int watching_ = 0;
};

}  // namespace cresset::testing
