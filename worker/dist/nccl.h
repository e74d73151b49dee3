#pragma once
// What carries the ranks' messages between GPUs: NCCL, as libtorch wraps it. There is a nccl.cc
// only in a build with libtorch's part for GPUs (CRESSET_TORCH_CUDA, cmake/torch.cmake); who calls
// asks for CRESSET_NCCL first. It behaves as gloo does: a call that waits does so on the host, and
// ends with an exception when the time is up or a peer is lost, whereupon the communicator is
// aborted. No thread of its own ends the process but the one that watches, where CUDA itself fails.

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>

namespace cresset::dist {

// Ranks find each other when the first tensor travels, through keys of their own in `store`. Throws
// when there is no GPU.
c10::intrusive_ptr<c10d::Backend> make_nccl(const c10::intrusive_ptr<c10d::Store>& store, int rank,
                                            int size, std::chrono::milliseconds timeout);

}  // namespace cresset::dist
