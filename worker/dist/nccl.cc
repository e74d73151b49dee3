#include "worker/dist/nccl.h"

#include <c10/util/env.h>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

namespace cresset::dist {

c10::intrusive_ptr<c10d::Backend> make_nccl(const c10::intrusive_ptr<c10d::Store>& store, int rank,
                                            int size, std::chrono::milliseconds timeout) {
  // Read when the group is made. Otherwise wait() would only make the stream wait, one thread that
  // watches would end the process on the first error, and another one when the first hangs.
  c10::utils::set_env("TORCH_NCCL_BLOCKING_WAIT", "1");
  c10::utils::set_env("TORCH_NCCL_ASYNC_ERROR_HANDLING", "0");
  c10::utils::set_env("TORCH_NCCL_ENABLE_MONITORING", "0");
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = timeout;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(
      c10::make_intrusive<c10d::PrefixStore>("nccl", store), rank, size, std::move(options));
}

}  // namespace cresset::dist
