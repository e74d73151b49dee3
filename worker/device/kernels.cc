#include "worker/device/kernels.h"

#include <ATen/ATen.h>

#include <ATen/Parallel.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <algorithm>

#include "worker/cpu/batches.h"
#include "worker/cpu/buckets.h"
#include "worker/cuda/batches.h"
#include "worker/cuda/buckets.h"

namespace cresset::device {

namespace {

constexpr bool kHasCuda = CRESSET_CUDA;
constexpr int64_t kBytesOfAThread = 1 << 15;  // fewer are not worth another one

void check(const base::Result<void>& result) { TORCH_CHECK(result, result.error().message()); }

// Whatever `on_gpu` calls is there in the preset cuda alone: it takes the stream as auto, so that
// no other build wants it.
template <typename OnCpu, typename OnGpu>
void run_where(const at::Tensor& tensor, OnCpu on_cpu, OnGpu on_gpu) {
  if (tensor.is_cpu()) return on_cpu();
  TORCH_CHECK(kHasCuda && tensor.is_cuda(), "a tensor on ", tensor.device(),
              ", where this build has no kernels");
  if constexpr (kHasCuda) {
    const c10::DeviceGuard on(tensor.device());
    const c10::impl::VirtualGuardImpl streams(tensor.device().type());
    const auto stream = streams.getStream(tensor.device()).native_handle();
    check(on_gpu(static_cast<cuda::Stream>(stream)));
  }
}

// `work` has [begin, end) of `count` things of `bytes` each, on as many threads as that is worth.
template <typename Work>
void in_parallel(int64_t count, int64_t bytes, Work work) {
  const int64_t grain = std::max<int64_t>(1, kBytesOfAThread / std::max<int64_t>(1, bytes));
  at::parallel_for(0, count, grain, work);
}

template <typename To>
void cast(const at::Tensor& images, const at::Tensor& mean, const at::Tensor& inverse, To* into) {
  const auto* from = images.const_data_ptr<uint8_t>();
  const auto* m = mean.const_data_ptr<float>();
  const auto* i = inverse.const_data_ptr<float>();
  const int64_t channels = images.size(1), planes = images.size(0) * channels;
  const int64_t pixels = planes > 0 ? images.numel() / planes : 0;
  run_where(
      images,
      [&] {
        in_parallel(images.size(0), channels * pixels, [&](int64_t begin, int64_t end) {
          const int64_t first = begin * channels * pixels;
          cpu::cast_and_scale(from + first, (end - begin) * channels, pixels, channels, m, i,
                              into + first);
        });
      },
      [&](auto stream) {
        return cuda::cast_and_scale(from, planes, pixels, channels, m, i, into, stream);
      });
}

// The parts of a bucket as the kernels take them.
struct Parts {
  std::vector<float*> values;
  std::vector<int64_t> sizes, begins;  // in the bucket
  uint16_t* bucket;

  Parts(const std::vector<at::Tensor>& parts, const at::Tensor& flat)
      : bucket(static_cast<uint16_t*>(flat.mutable_data_ptr())) {
    int64_t begin = 0;
    for (const auto& part : parts) {
      TORCH_CHECK(part.scalar_type() == at::kFloat && part.is_non_overlapping_and_dense() &&
                      part.device() == flat.device(),
                  "a part of a bucket that is not dense floats beside it");
      values.push_back(part.mutable_data_ptr<float>());
      sizes.push_back(part.numel());
      begins.push_back(begin);
      begin += part.numel();
    }
    TORCH_CHECK(
        flat.scalar_type() == at::kBFloat16 && flat.is_contiguous() && flat.numel() == begin, begin,
        " values of a bucket ", flat.sizes());
  }
  size_t count() const { return values.size(); }
  // A thread has a range of the bucket; `work` has what one part has of it.
  template <typename Work>
  void each_piece(Work work) const {
    const int64_t all = count() > 0 ? begins.back() + sizes.back() : 0;
    in_parallel(all, sizeof(float), [&](int64_t at, int64_t end) {
      auto part = std::upper_bound(begins.begin(), begins.end(), at) - begins.begin() - 1;
      for (; at < end; ++part) {
        const auto index = static_cast<size_t>(part);
        const int64_t size = std::min(begins[index] + sizes[index], end) - at;
        work(values[index] + (at - begins[index]), size, bucket + at);
        at += size;
      }
    });
  }
};

}  // namespace

at::Tensor gather_rows(const at::Tensor& table, const at::Tensor& indices) {
  return gather_rows(table, indices, table.device());
}

at::Tensor gather_rows(const at::Tensor& table, const at::Tensor& indices,
                       const c10::Device& next) {
  const int64_t count = indices.numel();
  TORCH_CHECK(table.dim() >= 1 && table.is_contiguous() && indices.is_contiguous() &&
                  indices.device() == table.device() && (table.size(0) > 0 || count == 0),
              count, " rows of a table ", table.sizes());
  auto shape = table.sizes().vec();
  shape[0] = count;
  const bool leaves = table.is_cpu() && next.is_cuda();
  auto batch = at::empty(shape, table.options().pinned_memory(leaves));
  const int64_t rows = table.size(0);
  const size_t bytes = table.nbytes() / static_cast<size_t>(std::max<int64_t>(1, rows));
  const auto* numbers = indices.const_data_ptr<int64_t>();
  const void* from = table.const_data_ptr();
  auto* into = static_cast<char*>(batch.mutable_data_ptr());
  run_where(
      table,
      [&] {
        in_parallel(count, static_cast<int64_t>(bytes), [&](int64_t begin, int64_t end) {
          check(cpu::gather_rows(from, rows, bytes, numbers + begin, end - begin,
                                 into + static_cast<size_t>(begin) * bytes));
        });
      },
      [&](auto stream) {
        return cuda::gather_rows(from, rows, bytes, numbers, count, into, stream);
      });
  return batch;
}

at::Tensor cast_and_scale(const at::Tensor& images, const at::Tensor& mean,
                          const at::Tensor& inverse, at::ScalarType type) {
  TORCH_CHECK(images.dim() >= 2 && images.is_contiguous() && mean.is_contiguous() &&
                  inverse.is_contiguous() && mean.numel() == images.size(1) &&
                  inverse.numel() == images.size(1) && mean.device() == images.device() &&
                  inverse.device() == images.device(),
              "images ", images.sizes(), " with the numbers of ", mean.numel(), " channels");
  TORCH_CHECK(type == at::kFloat || type == at::kBFloat16, "bytes as ", type);
  auto into = at::empty(images.sizes(), images.options().dtype(type));
  if (type == at::kFloat)
    cast(images, mean, inverse, into.mutable_data_ptr<float>());
  else
    cast(images, mean, inverse, static_cast<uint16_t*>(into.mutable_data_ptr()));
  return into;
}

void pack_bf16(const std::vector<at::Tensor>& parts, const at::Tensor& bucket) {
  const Parts all(parts, bucket);
  run_where(
      bucket,
      [&] {
        all.each_piece([](const float* values, int64_t size, uint16_t* into) {
          cpu::pack_bf16(&values, &size, 1, into);
        });
      },
      [&](auto stream) {
        return cuda::pack_bf16(all.values.data(), all.sizes.data(), all.count(), all.bucket,
                               stream);
      });
}

void unpack_bf16(const at::Tensor& bucket, const std::vector<at::Tensor>& parts) {
  const Parts all(parts, bucket);
  run_where(
      bucket,
      [&] {
        all.each_piece([](float* values, int64_t size, const uint16_t* from) {
          cpu::unpack_bf16(from, &values, &size, 1);
        });
      },
      [&](auto stream) {
        return cuda::unpack_bf16(all.bucket, all.values.data(), all.sizes.data(), all.count(),
                                 stream);
      });
}

}  // namespace cresset::device
