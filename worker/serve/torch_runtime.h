#pragma once
// How libtorch computes in a serving process: threads from the container's CPU limit, and no
// profiling executor, whose second call of a scripted model is fifty times slower than the others.
// Once a process, before the first tensor.

namespace cresset::serve {

// The number of threads chosen.
int prepare_torch();

}  // namespace cresset::serve
