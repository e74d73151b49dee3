#pragma once
// How images lie in memory while they are convolved: the channels of a pixel beside each other
// (torch.channels_last), which oneDNN's convolutions are faster with on CPUs, a step by a third
// (docs/benchmarks.md, Learning). Layers keep the order that they are given. A function.

namespace at {
class Tensor;
}

namespace cresset::model::networks {

// A copy of [rows, channels, height, width], also where one channel leaves the order open.
at::Tensor channels_last(const at::Tensor& images);

}  // namespace cresset::model::networks
