#pragma once
// Starts a kernel; for the sources of this folder alone, which are CUDA. What goes wrong while the
// kernel runs is found by whoever waits for the stream. Any thread.
//
//   return launch("zero", zero, {.across = blocks, .block = 256}, stream, values, count);

#include <cuda_runtime.h>

#include <cstdint>
#include <limits>
#include <string>

#include "operator/base/result.h"
#include "worker/cuda/stream.h"

namespace cresset::cuda {

struct Shape {
  int64_t across;    // blocks: blockIdx.x
  int64_t down = 1;  // and blockIdx.y
  dim3 block;
};

// An error, in CUDA's words, when `kernel` could not be started.
template <typename... Parameters, typename... Arguments>
base::Result<void> launch(const char* doing, void (*kernel)(Parameters...), Shape shape,
                          Stream stream, Arguments... arguments) {
  if (shape.across > std::numeric_limits<int32_t>::max())
    return base::fail(base::internal(std::string(doing) + ": " + std::to_string(shape.across) +
                                     " blocks, more than CUDA starts at once"));
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(static_cast<unsigned>(shape.across), static_cast<unsigned>(shape.down));
  config.blockDim = shape.block;
  config.stream = stream;
  const cudaError_t error = cudaLaunchKernelEx(&config, kernel, arguments...);
  if (error == cudaSuccess) return {};
  cudaGetLastError();  // or who asks next would take it for an error of theirs
  return base::fail(base::internal(std::string(doing) + ": CUDA: " + cudaGetErrorString(error)));
}

}  // namespace cresset::cuda
