#pragma once
// Tensors that every rank holds and of which each is changed by one rank, its owner: share() gives
// the others what the owners changed, bit by bit, four messages on their way at a time. Tensors of
// one owner travel together up to `message_bytes`, which they are copied for; a larger one travels
// by itself, as it lies. Belongs to a training loop; the tensors are views of the caller's,
// contiguous.
//
//   OwnedTensors weights(parameters, balanced_owners(sizes, group.size()), group, 1 << 20);
//   …change those of which weights.is_mine(i)…;  CRESSET_CHECK(weights.share());

#include <ATen/ATen.h>

#include <vector>

#include "operator/base/result.h"
#include "worker/dist/process_group.h"

namespace cresset::dist {

// Owners of things of these sizes such that no rank has much more than another: the largest first,
// each to who has the least. Pure; the same on every rank.
std::vector<int> balanced_owners(const std::vector<int64_t>& sizes, int ranks);

class OwnedTensors {
 public:
  OwnedTensors(std::vector<at::Tensor> tensors, std::vector<int> owners, ProcessGroup& group,
               int64_t message_bytes);

  int owner(size_t index) const { return owners_[index]; }
  bool is_mine(size_t index) const { return owners_[index] == group_.rank(); }
  base::Result<void> share();

 private:
  struct Message {
    int owner = 0;
    int64_t bytes = 0;
    std::vector<at::Tensor> tensors;  // flat, of one type
  };
  struct OnItsWay {
    const Message* message = nullptr;
    at::Tensor flat;
    std::unique_ptr<Pending> pending;
  };
  void add(const at::Tensor& tensor, int owner, int64_t message_bytes);
  base::Result<OnItsWay> start(const Message& message) const;
  base::Result<void> finish(const OnItsWay& sent) const;

  std::vector<int> owners_;
  ProcessGroup& group_;
  std::vector<Message> messages_;
};

}  // namespace cresset::dist
