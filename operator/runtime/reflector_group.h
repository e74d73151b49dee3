#pragma once
// ReflectorGroup: the reflectors of one informer: one for the whole cluster, or one for each of the
// namespaces named. Each lists, watches, fails and waits by itself, on a thread of its own, so that
// one account with Roles in some namespaces can fill one store. run() blocks until stop is asked;
// an exception on one of the threads ends all and is thrown on. The rest may be called from any
// thread.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "operator/runtime/reflector.h"

namespace cresset::runtime {

class ReflectorGroup {
 public:
  // For the reflector of namespace number `part`; asked once, on its thread.
  using CallbacksOf = std::function<ListWatchCallbacks(size_t part)>;

  ReflectorGroup(kube::Api& api, const InformerOptions& options, base::Clock& clock,
                 base::Random random, const base::Log& log);

  size_t size() const { return parts_.size(); }
  // What part number `part` looks at; "" = all namespaces.
  const std::string& ns(size_t part) const { return parts_[part].ns; }
  void run(std::stop_token stop, const CallbacksOf& callbacks_of);
  // Whether all are; or those that look at `ns`.
  bool synced() const;
  bool synced(const std::string& ns) const;
  // synced(); or, of several namespaces, one is and each other is or was refused to us once: those
  // that are granted need not wait for the others.
  bool settled() const;
  // Whether all are synced and served.
  bool ready() const;
  // Whether one is served: what befalls the API server befalls all.
  bool served() const;
  // Of those that are not ready, for a person.
  std::string last_error() const;

 private:
  struct Part {
    std::string ns;
    std::unique_ptr<Reflector> reflector;
  };
  static bool is_ready(const Part& part);

  std::vector<Part> parts_;
};

}  // namespace cresset::runtime
