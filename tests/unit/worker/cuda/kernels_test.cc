// The kernels of worker/cuda, by the test body of their twins: on a GPU (worker_cuda_test, label
// gpu), and with tests/support/cuda_on_cpu in the place of CUDA's headers on a CPU.
#include <cuda_runtime.h>

#include <stdexcept>
#include <utility>

#include "tests/unit/worker/cpu/kernels.h"
#include "worker/cuda/batches.h"
#include "worker/cuda/buckets.h"

namespace cresset {
namespace {

void check(cudaError_t error) {
  if (error != cudaSuccess) throw std::runtime_error(cudaGetErrorString(error));
}

class AGpu : public testing::Environment {
 public:
  void SetUp() override {
    int devices = 0;
    const cudaError_t error = cudaGetDeviceCount(&devices);
    ASSERT_TRUE(error == cudaSuccess && devices > 0)
        << "these tests need a GPU, and CUDA finds none here: " << cudaGetErrorString(error);
  }
};
const auto* const kAGpu = testing::AddGlobalTestEnvironment(new AGpu);

struct Cuda {
  template <typename T>
  class Memory {
   public:
    explicit Memory(const std::vector<T>& values) : size_(values.size()) {
      check(cudaMalloc(reinterpret_cast<void**>(&data_), bytes()));
      check(cudaMemcpy(data_, values.data(), bytes(), cudaMemcpyHostToDevice));
    }
    Memory(Memory&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}
    ~Memory() { cudaFree(data_); }

    T* data() { return data_; }
    std::vector<T> read() const {
      std::vector<T> values(size_);
      check(cudaMemcpy(values.data(), data_, bytes(), cudaMemcpyDeviceToHost));
      return values;
    }

   private:
    size_t bytes() const { return size_ * sizeof(T); }
    T* data_ = nullptr;
    size_t size_;
  };

  static base::Result<void> gather_rows(auto... all) { return cuda::gather_rows(all..., nullptr); }
  static base::Result<void> cast_and_scale(auto... all) {
    return cuda::cast_and_scale(all..., nullptr);
  }
  static base::Result<void> pack_bf16(auto... all) { return cuda::pack_bf16(all..., nullptr); }
  static base::Result<void> unpack_bf16(auto... all) { return cuda::unpack_bf16(all..., nullptr); }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Cuda, Kernels, Cuda);

TEST(Launch, OfMoreBlocksThanCudaStartsAtOnceIsAnError) {
  Cuda::Memory<float> part({1});
  Cuda::Memory<uint16_t> bucket({7});
  const float* from = part.data();
  const int64_t size = int64_t{1} << 44;
  const auto packed = cuda::pack_bf16(&from, &size, 1, bucket.data(), nullptr);
  ASSERT_FALSE(packed);
  EXPECT_EQ(packed.error().message(),
            "pack_bf16: 4294967296 blocks, more than CUDA starts at once");
}

}  // namespace
}  // namespace cresset
