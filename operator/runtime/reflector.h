#pragma once
// Reflector: tells what there is of one kind, then what happens to it, for as long as it runs. It
// asks for both by one watch that begins with all there is; a server that refuses that, or never
// says where the beginning ends, is listed and then watched. An ended watch is opened again where
// it ended; a 410 begins anew, and so do two watches that told nothing that could be read. Without
// types; an Informer gives it some. run() blocks its thread and calls back on it; the rest may be
// called from any thread.
//
//   Reflector pods(api, {.resource = kube::kPods}, clock, random, log);  pods.run(stop, callbacks);

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "operator/base/backoff.h"
#include "operator/base/clock.h"
#include "operator/base/log.h"
#include "operator/kube/client/client.h"

namespace cresset::runtime {

struct InformerOptions {
  kube::Resource resource;
  std::string ns;  // "" = all namespaces
  // Of an Informer: these alone, each by a reflector of its own, instead of `ns`.
  std::vector<std::string> namespaces = {};
  std::string label_selector;
  std::string field_selector;
};

// What a reflector tells. From begin_list to end_list `put` and `deleted` speak of a list that is
// being made; with end_list it takes the place of all that was told before, and what it lacks is
// gone. A list that was begun and not ended is void once another begins.
struct ListWatchCallbacks {
  std::function<void()> begin_list = [] {};
  std::function<void()> end_list = [] {};
  // The object is there while it is told.
  std::function<void(const kube::JsonView&)> put = [](const kube::JsonView&) {};
  std::function<void(const kube::JsonView&)> deleted = [](const kube::JsonView&) {};
};

class Reflector {
 public:
  Reflector(kube::Api& api, InformerOptions options, base::Clock& clock, base::Random random,
            base::Log log);
  ~Reflector();
  void run(std::stop_token stop, const ListWatchCallbacks& callbacks);
  // Told all there is once, and the server does not refuse us now.
  bool synced() const;
  // Told all there is once, or that we may not know it.
  bool settled() const;
  // Not without a list or watch for too long (outage.h).
  bool served() const;
  // Why it is not synced or not served, for a person.
  std::string last_error() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cresset::runtime
