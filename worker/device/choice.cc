#include "worker/device/choice.h"

namespace cresset::device {

namespace {

std::string counted(int gpus) { return std::to_string(gpus) + (gpus == 1 ? " GPU" : " GPUs"); }

base::Result<std::optional<int>> promised(const Asked& asked, const Visible& visible) {
  const std::string wanted = asked.resources + " asks for " + counted(asked.gpus);
  if (!visible.built)
    return base::fail(base::unsupported(
        wanted +
        ", but this worker is built without libtorch's part for GPUs and computes on CPUs alone; "
        "allowed is an image whose worker has it (cresset-worker-cuda of the Dockerfile), or to "
        "ask for none"));
  if (visible.gpus == 0)
    return base::fail(
        base::unavailable(wanted + ", but CUDA finds none in the pod: " + visible.why_none));
  if (asked.local_rank < visible.gpus) return std::optional(asked.local_rank);
  return base::fail(base::invalid(
      wanted + " for " + std::to_string(asked.processes) +
      " processes, of which each computes on one, but CUDA shows a process " +
      counted(visible.gpus) + "; spec.workers.processesPerWorker may be " +
      std::to_string(visible.gpus) + " here (of the instances of a divided GPU it is always 1)"));
}

}  // namespace

base::Result<std::optional<int>> choose_gpu(const Asked& asked, const Visible& visible) {
  if (asked.gpus > 0) return promised(asked, visible);
  const bool one_each = visible.built && visible.gpus >= asked.world_size;
  return one_each ? std::optional(asked.rank) : std::nullopt;
}

}  // namespace cresset::device
