#pragma once
// The ranks of one round and what they say to each other: sums, broadcasts, barriers, tensors from
// one to another. Hides c10d (TCPStore; gloo for tensors of the CPU, NCCL for those of a GPU, which
// lie on the same kind of device on every rank). A group of one is a real group that has nothing to
// wait for. Every rank must make the same calls in the same order, but for send() and receive(),
// which the two ranks that they are of make in the same order. Used by one thread (autograd's
// included, one at a time). When a peer dies, calls answer `unavailable` and the group is of no
// more use: the process should end.
//
//   CRESSET_TRY(group, join_group({.store = "10.0.0.7:29500", .prefix = "3/secret", .rank = 1,
//   …})); CRESSET_CHECK(group->sum(tensor));

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "operator/base/result.h"

namespace at {
class Tensor;
}

namespace cresset::dist {

// A sum or a broadcast that is on its way; the tensor may be used after wait().
class Pending {
 public:
  virtual ~Pending() = default;
  virtual base::Result<void> wait() = 0;
};

class ProcessGroup {
 public:
  virtual ~ProcessGroup() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  // In place, over all ranks.
  virtual base::Result<std::unique_ptr<Pending>> start_sum(const at::Tensor& tensor) = 0;
  // `root`'s, in place, on every rank.
  virtual base::Result<std::unique_ptr<Pending>> start_broadcast(const at::Tensor& tensor,
                                                                 int root) = 0;
  // To a rank that receives a tensor of the same type and size, in place; never to itself.
  virtual base::Result<void> send(const at::Tensor& tensor, int to) = 0;
  virtual base::Result<void> receive(const at::Tensor& tensor, int from) = 0;
  virtual base::Result<void> barrier() = 0;

  base::Result<void> sum(const at::Tensor& tensor);
  base::Result<void> broadcast(const at::Tensor& tensor, int root);
};

struct GroupOptions {
  std::string store;   // host:port; rank 0 serves it
  std::string prefix;  // of every key: round and secret, so that rounds and strangers do not mix
  int rank = 0;
  int size = 1;
  std::string bind_host = "127.0.0.1";
  bool on_gpus = false;  // whether tensors of GPUs are exchanged too, the same of every rank
  std::chrono::seconds timeout{300};  // for joining and for each call
};
// Waits until all ranks are there.
base::Result<std::unique_ptr<ProcessGroup>> join_group(const GroupOptions& options);

// Rank `root`'s bytes, on every rank.
base::Result<std::string> broadcast_bytes(ProcessGroup& group, std::string bytes, int root);
// Those of each rank, on every rank, in their order. `use` sees one after another, so that they are
// not held all at once.
base::Result<void> exchange_bytes(
    ProcessGroup& group, const std::string& own,
    const std::function<base::Result<void>(const std::string& theirs)>& use);

}  // namespace cresset::dist
