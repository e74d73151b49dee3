#pragma once
// Informer<T>: keeps a Store<T> equal to what the API server has (reflector.h) and tells each
// change; objects that vanished while nobody looked are told as deleted. One thread each, started
// by the Manager. Handlers run on that thread, in order, and must be quick (put a key into a
// queue). T is made by the `decode` given, which may refuse an object or throw (it is then skipped
// and logged) so that one odd object never stops the rest. A new list is decoded as it comes,
// object by object, and takes the store's place when it is whole; what did not change is kept, not
// decoded. Of several namespaces (reflector_group.h) each is listed and watched by itself, and a
// list of one says nothing of the others; handlers run on the threads of all, still one at a time.
//
//   Informer<Pod> pods(api, {.resource = kube::kPods, .label_selector = "…"}, decode_pod, clock,
//   log); pods.on_change([&](const Pod* before, const Pod* after) { queue.add(owner_key(*after));
//   });

#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "operator/runtime/priority.h"
#include "operator/runtime/reflector_group.h"
#include "operator/runtime/store.h"

namespace cresset::runtime {

// What a cache has, for metrics.
struct Held {
  std::string resource;  // plural
  size_t objects = 0;
};

// What a Manager starts, waits for and stops.
class Runnable {
 public:
  virtual ~Runnable() = default;
  virtual std::string name() const = 0;
  // Blocks until stop is asked.
  virtual void run(std::stop_token stop) = 0;
  // False while its first work is not done (an informer's first list), or while it is not served;
  // tells /readyz.
  virtual bool ready() const { return true; }
  // Nothing of one that is no cache.
  virtual std::optional<Held> held() const { return std::nullopt; }
  // Whether what was added after it may start: when it is ready, or as ready as it can be for now.
  virtual bool settled() const { return ready(); }
  // False once the API server has served nothing of what it asks for too long (outage.h). Holds up
  // nothing that runs, but readiness of a process that is of no use without.
  virtual bool served() const { return true; }
  // What it waits for, for a person; empty when ready.
  virtual std::string waiting_for() const { return ""; }
};

// `decode` of one that wants its objects whole, as base::Json.
template <typename T>
std::function<base::Result<T>(const kube::JsonView&)> from_json(
    base::Result<T> (*decode)(const base::Json&)) {
  return [decode](const kube::JsonView& object) { return decode(kube::object_json(object)); };
}

template <typename T>
class Informer : public Runnable {
 public:
  using Decode = std::function<base::Result<T>(const kube::JsonView&)>;
  // before == nullptr: new; after == nullptr: deleted.
  using OnChange = std::function<void(const T* before, const T* after, Priority priority)>;

  Informer(kube::Api& api, InformerOptions options, Decode decode, base::Clock& clock,
           base::Random random, base::Log log)
      : options_(options),
        decode_(std::move(decode)),
        log_(log.with({{"resource", options.resource.plural}})),
        reflectors_(api, options, clock, std::move(random), log_),
        parts_(reflectors_.size()) {}

  // Before run(). A handler may also take the Priority at which the change is to be looked at.
  template <typename Handler>
  void on_change(Handler handler) {
    if constexpr (std::is_invocable_v<Handler&, const T*, const T*, Priority>)
      handlers_.push_back(std::move(handler));
    else
      handlers_.push_back(
          [handler](const T* before, const T* after, Priority) mutable { handler(before, after); });
  }
  Store<T>& store() { return store_; }
  const Store<T>& store() const { return store_; }

  std::string name() const override { return "informer/" + options_.resource.plural; }
  bool ready() const override { return reflectors_.ready(); }
  std::optional<Held> held() const override {
    return Held{options_.resource.plural, store_.size()};
  }
  bool settled() const override { return reflectors_.settled(); }
  bool served() const override { return reflectors_.served(); }
  // Whether the store holds what one namespace has, as far as this process was told.
  bool knows(const std::string& ns) const { return reflectors_.synced(ns); }
  std::string waiting_for() const override {
    return ready() ? "" : "list of " + options_.resource.plural + ": " + reflectors_.last_error();
  }
  void run(std::stop_token stop) override {
    reflectors_.run(stop, [this](size_t number) { return callbacks_of(number); });
  }

 private:
  using Ptr = typename Store<T>::Ptr;
  // nullptr: it is there, but cannot be decoded.
  using List = std::map<kube::ObjectKey, Ptr>;
  // Of one reflector and its thread only.
  struct Part {
    std::optional<List> list;  // while one is being made
    bool listed = false;
  };

  ListWatchCallbacks callbacks_of(size_t number) {
    Part& part = parts_[number];
    return {
        .begin_list = [&part] { part.list.emplace(); },
        .end_list = [this, &part, number] { replace(part, reflectors_.ns(number)); },
        .put = [this, &part](const kube::JsonView& object) { put(part, object); },
        .deleted = [this, &part](
                       const kube::JsonView& object) { erase(part, kube::identify(object).key); }};
  }
  void put(Part& part, const kube::JsonView& object) {
    if (part.list)
      list(*part.list, object);
    else if (auto after = decoded(object))
      keep(std::move(after), part.listed);
  }
  void list(List& list, const kube::JsonView& object) {
    const auto listed = kube::identify(object);
    Ptr known = store_.get(listed.key);
    const bool unchanged = known && known->meta.uid == listed.uid &&
                           known->meta.resource_version == listed.resource_version;
    list[listed.key] = unchanged ? std::move(known) : decoded(object);
  }
  Ptr decoded(const kube::JsonView& object) const {
    auto made = tried(object);
    if (made) return std::make_shared<const T>(std::move(*made));
    log_.warn("object skipped: cannot be decoded",
              {{"key", kube::identify(object).key.to_string()}, {"error", made.error().message()}});
    return nullptr;
  }
  // What a decoder did not expect costs its object, not the process.
  base::Result<T> tried(const kube::JsonView& object) const {
    try {
      return decode_(object);
    } catch (const std::exception& thrown) {
      return base::fail(base::internal(std::string("exception: ") + thrown.what()));
    }
  }
  void keep(Ptr after, bool listed) {
    std::lock_guard lock(one_at_a_time_);
    const auto before = store_.put(after);
    tell(before.get(), after.get(), priority_of(before.get(), *after, listed));
  }
  void erase(Part& part, const kube::ObjectKey& key) {
    if (part.list)
      part.list->erase(key);
    else
      drop(key);
  }
  void drop(const kube::ObjectKey& key) {
    std::lock_guard lock(one_at_a_time_);
    if (const auto before = store_.erase(key)) tell(before.get(), nullptr, Priority::kFresh);
  }
  void tell(const T* before, const T* after, Priority priority) const {
    for (const auto& handler : handlers_) handler(before, after, priority);
  }
  // The world as it was found at the start, and what is told again unchanged, is no news.
  static Priority priority_of(const T* before, const T& after, bool listed) {
    if (before == nullptr) return listed ? Priority::kFresh : Priority::kListed;
    return is_same(before->meta, after.meta) ? Priority::kListed : Priority::kFresh;
  }
  static bool is_same(const kube::ObjectMeta& one, const kube::ObjectMeta& other) {
    return one.uid == other.uid && one.resource_version == other.resource_version;
  }
  void replace(Part& part, const std::string& ns) {
    const List list = *std::exchange(part.list, std::nullopt);
    for (const auto& key : store_.keys(ns))
      if (!list.contains(key)) drop(key);
    for (const auto& [key, object] : list)
      if (object) keep(object, part.listed);
    part.listed = true;
  }

  InformerOptions options_;
  Decode decode_;
  base::Log log_;
  Store<T> store_;
  std::vector<OnChange> handlers_;
  std::mutex one_at_a_time_;  // held while a change goes into the store and is told
  ReflectorGroup reflectors_;
  std::vector<Part> parts_;
};

}  // namespace cresset::runtime
