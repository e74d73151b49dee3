#pragma once
// Stands in for CUDA's header of this name, as far as worker/cuda and its tests use it: kernels run
// on the CPU, one thread of one block after the other, and the device's memory is the host's, which
// AddressSanitizer watches. So what a kernel computes and where it reads and writes is tested
// without a GPU; not whether threads get in each other's way, and not how fast it is. Kernels whose
// threads wait for each other do not compile with it. One thread at a time.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#define __global__
#define __device__ inline
#define __grid_constant__

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned in_x = 1, unsigned in_y = 1, unsigned in_z = 1) : x(in_x), y(in_y), z(in_z) {}
};
inline dim3 threadIdx, blockIdx, blockDim, gridDim;

struct float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
using std::min;
[[noreturn]] inline void __trap() { std::abort(); }

struct CUstream_st;
enum cudaError_t { cudaSuccess, cudaErrorMemoryAllocation };
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost };
inline const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaSuccess ? "no error" : "out of memory";
}
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
inline cudaError_t cudaMalloc(void** memory, size_t bytes) {
  *memory = std::malloc(bytes);
  return *memory != nullptr ? cudaSuccess : cudaErrorMemoryAllocation;
}
inline cudaError_t cudaFree(void* memory) {
  std::free(memory);
  return cudaSuccess;
}
inline cudaError_t cudaMemcpy(void* into, const void* from, size_t bytes, cudaMemcpyKind) {
  if (bytes > 0) std::memcpy(into, from, bytes);
  return cudaSuccess;
}

struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  CUstream_st* stream;
};

template <typename Visit>
void each_index(const dim3& size, dim3& index, Visit visit) {
  for (index.z = 0; index.z < size.z; ++index.z)
    for (index.y = 0; index.y < size.y; ++index.y)
      for (index.x = 0; index.x < size.x; ++index.x) visit();
}

template <typename... Parameters, typename... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments... arguments) {
  gridDim = config->gridDim;
  blockDim = config->blockDim;
  each_index(gridDim, blockIdx,
             [&] { each_index(blockDim, threadIdx, [&] { kernel(arguments...); }); });
  return cudaSuccess;
}
