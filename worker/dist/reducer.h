#pragma once
// Sums gradients over the ranks while the backward pass still runs: gradients lie in flat buckets,
// filled from the last parameter to the first, and a bucket's sum starts as soon as its last
// gradient is there. The caller divides its loss by the rows of the whole batch beforehand, so that
// the sum is the exact mean whatever each rank's share of rows; a rank without rows calls
// skip_backward(). A parameter that took no part in the loss counts with zeros, of one rank or of
// all. Three numbers of the caller's travel with the last bucket, so that they cost no
// message of their own. In bf16 each bucket is rounded to bf16 before it leaves and summed in bf16,
// as with PyTorch's bf16_compress_hook: an error of at most 2^-9 of each rank's part and of each
// partial sum; the numbers stay float, in a message of their own. Ranks get the same bits in any
// case. A group of one exchanges nothing and rounds nothing. Belongs to one training loop; outlives
// its backward passes. After finish() each gradient is memory of its own: a slot of its bucket, or,
// in bf16 (made in one pass, worker/device/kernels.h) and in a group of one, a tensor.
//
//   reducer.prepare();  reducer.attach({loss_sum, stop, save});  loss.backward();
//   CRESSET_TRY(sums, reducer.finish());

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "operator/base/result.h"
#include "worker/dist/process_group.h"

namespace at {
class Tensor;
}

namespace cresset::dist {

class Reducer {
 public:
  static constexpr size_t kAttached = 3;
  using Attached = std::array<double, kAttached>;
  struct Options {
    int64_t bucket_bytes = 1 << 20;  // of gradients; one that is larger has a bucket for itself
    bool in_bf16 = false;            // what travels
  };

  Reducer(std::vector<at::Tensor> parameters, ProcessGroup& group, Options options);
  ~Reducer();
  Reducer(const Reducer&) = delete;
  Reducer& operator=(const Reducer&) = delete;

  // Forgets the gradients; before the backward passes of a batch. Those of several, of
  // micro-batches, add up, and the sums over the ranks start in the last one.
  void prepare(int64_t passes = 1);
  // Before the last backward pass. `first`, if given, takes the place of the first number: one that
  // lies where the gradients do, so that nobody waits until it is computed.
  void attach(const Attached& numbers, const at::Tensor& first);
  void attach(const Attached& numbers);
  void skip_backward();
  // Starts what no gradient started, waits for every bucket; the sums of what was attached.
  base::Result<Attached> finish();

  size_t buckets() const;
  // Called when a bucket's sum starts: how a test sees the overlap.
  void on_start(std::function<void(size_t bucket)> callback);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cresset::dist
