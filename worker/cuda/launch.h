#pragma once
// Starts a kernel; for the sources of this folder alone, which are CUDA. What goes wrong while the
// kernel runs is found by whoever waits for the stream. Any thread.
//
//   return launch("zero", zero, {.grid = blocks, .block = 256}, stream, values, count);

#include <cuda_runtime.h>

#include <string>

#include "operator/base/result.h"
#include "worker/cuda/stream.h"

namespace cresset::cuda {

struct Shape {
  dim3 grid;
  dim3 block;
};

// An error, in CUDA's words, when `kernel` could not be started.
template <typename... Parameters, typename... Arguments>
base::Result<void> launch(const char* doing, void (*kernel)(Parameters...), Shape shape,
                          Stream stream, Arguments... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = shape.grid;
  config.blockDim = shape.block;
  config.stream = stream;
  const cudaError_t error = cudaLaunchKernelEx(&config, kernel, arguments...);
  if (error == cudaSuccess) return {};
  return base::fail(base::internal(std::string(doing) + ": CUDA: " + cudaGetErrorString(error)));
}

}  // namespace cresset::cuda
