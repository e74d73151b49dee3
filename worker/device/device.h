#pragma once
// Where tensors live and how many threads compute on them. Set once a process, right after the fork
// or at the start of main, before the first tensor: libtorch's pools are the process's own, and
// CUDA does not survive a fork. Which device it is follows from choice.h; whoever makes tensors
// that meet the network's is handed it.
//
//   CRESSET_TRY(gpu, choose_gpu(asked, look_for_gpus()));
//   const c10::Device device = use(gpu);
//   network.move_to(device);  network.forward(moved(samples, device));

#include <optional>
#include <string>

#include "worker/device/choice.h"

namespace at {
class Tensor;
}
namespace c10 {
struct Device;
}

namespace cresset::device {

// Asks CUDA, in a program that has libtorch's part for it.
Visible look_for_gpus();
// The GPU of this number as this thread's, or the CPU.
c10::Device use(std::optional<int> gpu);
// "cpu, AVX512, mkl, 2 threads", "cuda:0, NVIDIA H200, 139 GiB, compute capability 9.0, 2 threads":
// for the log.
std::string describe(const c10::Device& device);
// Whether it still does what it is asked, once what it was asked before is done: `unavailable`, in
// CUDA's words, where this process has lost its GPU, as it has for good after an index out of range
// there. Nobody but another process gets it back.
base::Result<void> check_works(const c10::Device& device);
// The tensor itself where it lies there already. From the CPU to a GPU it goes through page-locked
// memory, and nobody waits: what is computed from it on the current stream comes after it.
at::Tensor moved(const at::Tensor& tensor, const c10::Device& device);
// libtorch's pools: `threads` inside an operation, one between operations.
void use_threads(int threads);
// Whether torch may use only operations that give the same bits each time; one that has none for
// what it is asked ends the job by its name. Before the first one on a GPU: cuBLAS reads what is
// set for it when it begins.
void use_deterministic_operations(bool on);
// Small floating-point results are rounded to zero, as everybody trains.
void flush_denormals();

}  // namespace cresset::device
