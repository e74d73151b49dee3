#include "worker/device/kernels.h"

#include <ATen/ATen.h>

#include <ATen/Parallel.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

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

// What moving rows between a table and a batch needs to know.
struct Rows {
  int64_t count, of_table;
  size_t bytes;  // of each
  const int64_t* indices;

  Rows(const at::Tensor& table, const at::Tensor& numbers, const at::Tensor& batch)
      : count(numbers.numel()),
        of_table(table.size(0)),
        bytes(table.nbytes() / static_cast<size_t>(std::max<int64_t>(1, of_table))),
        indices(numbers.const_data_ptr<int64_t>()) {
    TORCH_CHECK(table.is_contiguous() && numbers.is_contiguous() && batch.is_contiguous() &&
                    batch.size(0) == count && batch.scalar_type() == table.scalar_type() &&
                    table.sizes().slice(1) == batch.sizes().slice(1) &&
                    numbers.device() == table.device() && batch.device() == table.device(),
                "rows ", batch.sizes(), " of a table ", table.sizes());
  }
  char* at(void* first, int64_t row) const {
    return static_cast<char*>(first) + static_cast<size_t>(row) * bytes;
  }
};

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
  // `work` has those parts from `first` on.
  template <typename Work>
  void each_thread(Work work) const {
    const auto parts = static_cast<int64_t>(count());
    const int64_t all = count() > 0 ? begins.back() + sizes.back() : 0;
    in_parallel(parts, all / std::max<int64_t>(1, parts), [&](int64_t begin, int64_t end) {
      const auto first = static_cast<size_t>(begin);
      work(first, static_cast<size_t>(end - begin), bucket + begins[first]);
    });
  }
};

}  // namespace

at::Tensor gather_rows(const at::Tensor& table, const at::Tensor& indices) {
  auto shape = table.sizes().vec();
  shape[0] = indices.numel();
  auto batch = at::empty(shape, table.options());
  const Rows rows(table, indices, batch);
  const void* from = table.const_data_ptr();
  void* into = batch.mutable_data_ptr();
  run_where(
      table,
      [&] {
        in_parallel(rows.count, static_cast<int64_t>(rows.bytes), [&](int64_t begin, int64_t end) {
          check(cpu::gather_rows(from, rows.of_table, rows.bytes, rows.indices + begin, end - begin,
                                 rows.at(into, begin)));
        });
      },
      [&](auto stream) {
        return cuda::gather_rows(from, rows.of_table, rows.bytes, rows.indices, rows.count, into,
                                 stream);
      });
  return batch;
}

void scatter_rows(const at::Tensor& batch, const at::Tensor& indices, const at::Tensor& table) {
  const Rows rows(table, indices, batch);
  const void* from = batch.const_data_ptr();
  void* into = table.mutable_data_ptr();
  run_where(
      table,  // on one thread: two rows may be of one number
      [&] {
        check(cpu::scatter_rows(from, rows.indices, rows.count, into, rows.of_table, rows.bytes));
      },
      [&](auto stream) {
        return cuda::scatter_rows(from, rows.indices, rows.count, into, rows.of_table, rows.bytes,
                                  stream);
      });
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
  const auto* const* from = all.values.data();
  run_where(
      bucket,
      [&] {
        all.each_thread([&](size_t first, size_t count, uint16_t* into) {
          cpu::pack_bf16(from + first, all.sizes.data() + first, count, into);
        });
      },
      [&](auto stream) {
        return cuda::pack_bf16(from, all.sizes.data(), all.count(), all.bucket, stream);
      });
}

void unpack_bf16(const at::Tensor& bucket, const std::vector<at::Tensor>& parts) {
  const Parts all(parts, bucket);
  auto* const* into = all.values.data();
  run_where(
      bucket,
      [&] {
        all.each_thread([&](size_t first, size_t count, const uint16_t* from) {
          cpu::unpack_bf16(from, into + first, all.sizes.data() + first, count);
        });
      },
      [&](auto stream) {
        return cuda::unpack_bf16(all.bucket, into, all.sizes.data(), all.count(), stream);
      });
}

}  // namespace cresset::device
