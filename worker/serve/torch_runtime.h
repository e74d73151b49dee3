#pragma once
// How libtorch computes in a serving process: threads from the container's CPU limit, and no
// profiling executor, whose second call of a scripted model is fifty times slower than the others.
// Once a process, before the first tensor; on the GPU that the pod was given, or the CPU.

#include <exception>

#include "operator/base/result.h"

namespace c10 {
struct Device;
}

namespace cresset::serve {

// The number of threads chosen.
int prepare_torch();
// Where a replica whose pod asks for so many GPUs computes; errors are choose_gpu()'s.
base::Result<c10::Device> prepare_device(int gpus);
// What an exception of libtorch means to a replica that begins: `invalid` where the model is larger
// than the memory, else `unavailable`, since another start may go well.
base::Error error_of(const std::exception& error);

}  // namespace cresset::serve
