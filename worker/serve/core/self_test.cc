#include "worker/serve/core/self_test.h"

#include <memory>
#include <utility>

namespace cresset::serve {

class SelfTest::Row : public Waiter {
 public:
  explicit Row(SelfTest& test) : test_(test) {}
  void answered(std::span<const Tensor>) override { test_.works(); }
  // That zeros are no input for it says nothing of the model.
  void failed(const base::Error& error) override {
    base::is_invalid(error) ? test_.works() : test_.fails(error);
  }

 private:
  SelfTest& test_;
};

void SelfTest::after_failure() {
  if (!load_.broken) send();
}

void SelfTest::before_readiness() {
  if (load_.broken) send();
}

void SelfTest::send() {
  auto inputs = zeros(signature_, 1);
  if (!inputs || on_its_way_.exchange(true)) return;
  Pending row;
  row.queued.rows = 1;
  row.queued.alone = true;
  row.inputs = std::move(*inputs);
  row.waiter = std::make_unique<Row>(*this);
  // A full queue says nothing of the model.
  if (!batcher_->submit(row)) on_its_way_ = false;
}

void SelfTest::works() {
  if (load_.broken.exchange(false)) log_.info("the model works again");
  on_its_way_ = false;
}

void SelfTest::fails(const base::Error& error) {
  if (!load_.broken.exchange(true))
    log_.error("the model fails; not ready until it works", {{"error", error.message()}});
  on_its_way_ = false;
}

}  // namespace cresset::serve
