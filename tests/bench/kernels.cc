// The kernels of worker/device beside the operations of libtorch that do the same, on tensors of
// one device: `kernels cpu` or `kernels cuda`, which is an error where there is no GPU. A line of
// JSON for each: rows "kernels/WHAT/SIZE", GB/s of what is read and written at least, the medians
// of several rounds in turns.
#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "worker/device/kernels.h"

namespace {

using cresset::device::cast_and_scale;
using cresset::device::gather_rows;
using cresset::device::pack_bf16;
using cresset::device::unpack_bf16;

constexpr int kRounds = 15;
constexpr double kSecondsOfARound = 0.1;

struct Case {
  std::string name;
  double bytes;  // read and written
  std::function<void()> ours, theirs;
};

class Bench {
 public:
  explicit Bench(at::Device device) : device_(device) {}

  void run(const Case& what) const {
    std::vector<double> ours, theirs;
    for (int round = 0; round < kRounds; ++round) {
      ours.push_back(seconds_of(what.ours));
      theirs.push_back(seconds_of(what.theirs));
    }
    const double own = median(ours), other = median(theirs);
    std::printf(
        "{\"row\": \"kernels/%s\", \"device\": \"%s\", \"us\": %.1f, \"libtorch_us\": %.1f, "
        "\"ratio\": %.2f, \"gb_per_s\": %.1f}\n",
        what.name.c_str(), device_.str().c_str(), own * 1e6, other * 1e6, other / own,
        what.bytes / own / 1e9);
    std::fflush(stdout);
  }

  at::Tensor here(const at::Tensor& tensor) const { return tensor.to(device_); }
  at::Tensor floats(at::IntArrayRef shape) const { return here(at::rand(shape)); }

 private:
  static double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + kRounds / 2, values.end());
    return values[kRounds / 2];
  }

  void wait() const {
    if (!device_.is_cpu())
      c10::impl::VirtualGuardImpl(device_.type()).synchronizeDevice(device_.index());
  }

  // Of one call, of as many as take the time of a round.
  double seconds_of(const std::function<void()>& call) const {
    for (int64_t calls = 1;; calls *= 4) {
      wait();
      const auto begin = std::chrono::steady_clock::now();
      for (int64_t i = 0; i < calls; ++i) call();
      wait();
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      if (took.count() >= kSecondsOfARound / 4) return took.count() / static_cast<double>(calls);
    }
  }

  at::Device device_;
};

void rows(const Bench& bench, int64_t of_table, int64_t width, int64_t count) {
  const auto table = bench.floats({of_table, width});
  const auto numbers = bench.here(at::randperm(of_table).narrow(0, 0, count).contiguous());
  const auto size = std::to_string(count) + "x" + std::to_string(width);
  const double bytes = 2.0 * sizeof(float) * static_cast<double>(count * width);
  bench.run({"gather/" + size, bytes, [=] { gather_rows(table, numbers); },
             [=] { table.index_select(0, numbers); }});
}

void images(const Bench& bench, int64_t count, int64_t side, at::ScalarType type) {
  const auto bytes = bench.here(at::randint(256, {count, 3, side, side}, at::kByte));
  const auto mean = bench.floats({3}), inverse = bench.floats({3});
  const auto m = mean.view({3, 1, 1}), i = inverse.view({3, 1, 1});
  const double moved = static_cast<double>(bytes.numel()) * (1 + c10::elementSize(type));
  const std::string name = type == at::kFloat ? "float" : "bf16";
  bench.run({"cast_and_scale/" + name + "/" + std::to_string(count) + "x" + std::to_string(side),
             moved, [=] { cast_and_scale(bytes, mean, inverse, type); },
             [=] { bytes.to(at::kFloat).sub_(m).mul_(i).to(type); }});
}

// What packs without a kernel of one's own: cat and a cast; back: a cast and a copy for each part.
void buckets(const Bench& bench, const std::string& name, const std::vector<int64_t>& sizes) {
  std::vector<at::Tensor> parts;
  for (const int64_t size : sizes) parts.push_back(bench.floats({size}));
  const auto bucket = at::cat(parts).to(at::kBFloat16);
  const double bytes = 3.0 * static_cast<double>(bucket.nbytes());
  bench.run({"pack_bf16/" + name, bytes, [=] { pack_bf16(parts, bucket); },
             [=] { const_cast<at::Tensor&>(bucket).copy_(at::cat(parts)); }});
  bench.run({"unpack_bf16/" + name, bytes, [=] { unpack_bf16(bucket, parts); },
             [=] {
               int64_t begin = 0;
               for (auto& part : parts) {
                 const_cast<at::Tensor&>(part).copy_(bucket.narrow(0, begin, part.numel()));
                 begin += part.numel();
               }
             }});
}

void run_all(const Bench& bench) {
  rows(bench, 60'000, 784, 256);
  rows(bench, 60'000, 784, 8192);
  rows(bench, 400'000, 13, 8192);
  for (const auto type : {at::kFloat, at::kBFloat16}) images(bench, 256, 32, type);
  for (const auto type : {at::kFloat, at::kBFloat16}) images(bench, 64, 224, type);
  buckets(bench, "200x1000", std::vector<int64_t>(200, 1000));
  buckets(bench, "12x600000", std::vector<int64_t>(12, 600'000));
  buckets(bench, "1x16000000", {16'000'000});
}

}  // namespace

int main(int arguments, char** words) {
  const std::string device = arguments == 2 ? words[1] : "";
  if (device != "cpu" && device != "cuda") {
    std::fprintf(stderr, "usage: kernels cpu|cuda\n");
    return 2;
  }
  if (device == "cuda" && !at::hasCUDA()) {
    std::fprintf(stderr, "error: there is no GPU here that this libtorch could use\n");
    return 1;
  }
  run_all(Bench(at::Device(device == "cpu" ? "cpu" : "cuda:0")));
  return 0;
}
