#pragma once
// SelfTest: keeps a replica whose model fails from being sent requests. When a batch failed for
// another reason than its input, and then at each look of the readiness probe until it goes well,
// a row of zeros goes through queue and model, in a batch of its own; the replica is not ready
// while that fails. A client whose rows make the model throw so takes nobody out of service. At
// most one row is on its way; metrics count it as a request. Owned by the Replica; batcher and
// counters outlive the rows. Any thread.

#include <atomic>
#include <utility>

#include "operator/base/log.h"
#include "worker/serve/core/batcher.h"
#include "worker/serve/core/serve_metrics.h"

namespace cresset::serve {

class SelfTest {
 public:
  SelfTest(const Signature& signature, LoadCounters& load, base::Log log)
      : signature_(signature), load_(load), log_(std::move(log)) {}
  void use(Batcher& batcher) { batcher_ = &batcher; }
  // A batch failed, and not for its input.
  void after_failure();
  // Somebody asks whether the replica is ready.
  void before_readiness();

 private:
  class Row;
  void send();
  void works();
  void fails(const base::Error& error);

  const Signature& signature_;
  LoadCounters& load_;
  const base::Log log_;
  Batcher* batcher_ = nullptr;
  std::atomic<bool> on_its_way_{false};
};

}  // namespace cresset::serve
