#pragma once
// NamedNamespaces: whether the namespaces that this process was told to watch are there. A list of
// one that does not exist is empty and no error, so without this a slip in a name would look like
// peace. Asks for each until it was seen once; ready when all were. One of several that is not
// there holds nobody up. Started by a Manager, before the informers. Any thread may ask.
//
//   NamedNamespaces namespaces(api, {"team-a", "team-b"}, clock);  manager.add(namespaces);

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "operator/base/clock.h"
#include "operator/kube/client/client.h"
#include "operator/runtime/informer.h"

namespace cresset::runtime {

class NamedNamespaces : public Runnable {
 public:
  static constexpr std::chrono::seconds kPause{2};

  NamedNamespaces(kube::Api& api, const std::vector<std::string>& names, base::Clock& clock);
  std::string name() const override { return "namespaces"; }
  void run(std::stop_token stop) override;
  bool ready() const override;
  bool settled() const override { return several_ || ready(); }
  std::string waiting_for() const override;

 private:
  // Why it is not known to be there; "" when it is.
  std::string look(const std::string& ns) const;

  kube::Api& api_;
  base::Clock& clock_;
  const bool several_;
  mutable std::mutex mutex_;
  std::condition_variable_any never_;
  std::map<std::string, std::string> missing_;  // why, by name
};

// Names as a flag gave them: each that of a namespace, none twice. The error names `flag`.
base::Result<void> check_namespaces(const std::string& flag, const std::vector<std::string>& names);

}  // namespace cresset::runtime
