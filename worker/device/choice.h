#pragma once
// Which GPU a process computes on, or none: decided from what was asked for it and what CUDA shows.
// Pure, and without libtorch; device.h looks and does. All ranks of a group that come to the same
// answer exchange tensors of one kind, which the session holds them to (train/session.h).
//
//   CRESSET_TRY(gpu, choose_gpu({.gpus = config.gpus, .local_rank = 1, …}, look_for_gpus()));

#include <optional>
#include <string>

#include "operator/base/result.h"

namespace cresset::device {

struct Asked {
  // Of the pod, by its resources. 0: nobody promised one, and what is there is taken where all
  // ranks together find one each, counted over the group, since they may share a machine.
  int gpus = 0;
  int local_rank = 0;  // its place in the pod
  int processes = 1;   // of the pod
  int rank = 0;        // its place in the group
  int world_size = 1;
  std::string resources;  // the field that asks
};

struct Visible {
  bool built = false;    // this program has libtorch's part for GPUs
  int gpus = 0;          // that CUDA shows this process
  std::string why_none;  // in CUDA's words
};

// Its number; nothing: the CPU. Errors name what was asked and what was found: `unsupported` of a
// program that can use none, `unavailable` where CUDA finds none (another node may have one),
// `invalid` where there are fewer than processes.
base::Result<std::optional<int>> choose_gpu(const Asked& asked, const Visible& visible);

}  // namespace cresset::device
