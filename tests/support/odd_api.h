#pragma once
// OddApi: a FakeApi on a bad day. It may lose the answer of a write that took effect, tell each
// event several times, keep a kind's events back, and change what it is given to create, as
// admission does. Any thread; owned by the test; what is set before the first call stays.
//
//   OddApi api;  api.lose_answer = [](const auto& call) { ... base::timed_out("504") ... };

#include <atomic>

#include "tests/support/fake_api.h"

namespace cresset::testing {

class OddApi : public FakeApi {
 public:
  base::Result<base::Json> create(const kube::Resource& resource, const std::string& ns,
                                  const base::Json& object) override;
  base::Result<void> apply(const kube::Resource& resource, const kube::ObjectKey& key,
                           const base::Json& object, const std::string& manager,
                           const std::string& subresource = "") override;
  base::Result<base::Json> merge_patch(const kube::Resource& resource, const kube::ObjectKey& key,
                                       const base::Json& patch,
                                       const std::string& subresource = "") override;
  base::Result<void> remove(const kube::Resource& resource, const kube::ObjectKey& key,
                            const kube::DeleteOptions& options = {}) override;
  base::Result<void> watch(const kube::Resource& resource, const kube::WatchOptions& options,
                           std::stop_token stop,
                           const std::function<void(kube::WatchEvent)>& on_event) override;

  // Asked after each write that took effect; an Error takes its answer's place.
  Fault lose_answer;
  int times_told = 1;
  std::function<void(const kube::Resource& resource, base::Json& object)> on_create;
  // While it is kept back, nothing that happens to this kind is told; let_go() before the end.
  void keep_back(const kube::Resource& resource);
  void let_go();

 private:
  template <typename Done>
  Done answer(Done done, const Call& call) const {
    if (!done || !lose_answer) return done;
    if (auto error = lose_answer(call)) return base::fail(*error);
    return done;
  }
  std::string kept_;  // plural of the kind that may be kept back
  std::atomic<bool> keeping_ = false;
};

}  // namespace cresset::testing
