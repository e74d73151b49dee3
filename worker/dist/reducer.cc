#include "worker/dist/reducer.h"

#include <ATen/ATen.h>

#include <torch/csrc/autograd/functions/accumulate_grad.h>
#include <torch/csrc/autograd/utils/lambda_post_hook.h>
#include <algorithm>
#include <optional>

#include "worker/device/kernels.h"

namespace cresset::dist {

using base::Result;

namespace {

struct Bucket {
  at::Tensor flat;                 // what travels: the slots of its gradients, or bf16
  std::vector<size_t> parameters;  // indices
  size_t awaited = 0;              // gradients not yet there, of all passes
  std::unique_ptr<Pending> pending;
};

at::Tensor dense(const at::Tensor& gradient) {
  return gradient.is_sparse() ? gradient.to_dense() : gradient;
}

}  // namespace

struct Reducer::Impl {
  std::vector<at::Tensor> parameters;
  ProcessGroup& group;
  std::vector<Bucket> buckets;
  std::vector<size_t> bucket_of;
  std::vector<std::shared_ptr<torch::autograd::Node>> accumulators;
  bool rounds;  // what travels is bf16
  std::vector<at::Tensor>
      slots;           // of each gradient in its bucket; none where that is bf16 or alone
  at::Tensor numbers;  // what is attached: the end of the last bucket, if that has slots
  std::unique_ptr<Pending> numbers_pending;  // of numbers that travel by themselves
  size_t next = 0;  // sums start in the order of the buckets, the same on every rank
  std::optional<base::Error> error;
  std::function<void(size_t)> on_start;

  Impl(std::vector<at::Tensor> all, ProcessGroup& in, bool in_bf16)
      : parameters(std::move(all)), group(in), rounds(in_bf16 && in.size() > 1) {}

  bool has_slots() const { return group.size() > 1 && !rounds; }

  void assign(int64_t bucket_bytes) {
    bucket_of.resize(parameters.size());
    int64_t bytes = 0;
    for (size_t i = parameters.size(); i-- > 0;) {
      const auto size = static_cast<int64_t>(parameters[i].nbytes());
      if (buckets.empty() || (bytes > 0 && bytes + size > bucket_bytes)) {
        buckets.emplace_back();
        bytes = 0;
      }
      buckets.back().parameters.push_back(i);
      bucket_of[i] = buckets.size() - 1;
      bytes += size;
    }
  }

  void lay_out() {
    constexpr auto kNumbers = static_cast<int64_t>(kAttached);
    const auto floats = parameters.front().options().requires_grad(false);
    if (has_slots()) slots.resize(parameters.size());
    for (size_t b = 0; group.size() > 1 && b < buckets.size(); ++b) {
      int64_t size = has_slots() && b + 1 == buckets.size() ? kNumbers : 0;
      for (size_t i : buckets[b].parameters) size += parameters[i].numel();
      buckets[b].flat = at::zeros({size}, rounds ? floats.dtype(at::kBFloat16) : floats);
      if (has_slots()) divide(buckets[b]);
    }
    const auto& last = buckets.back().flat;
    numbers = has_slots() ? last.narrow(0, last.numel() - kNumbers, kNumbers)
                          : at::zeros({kNumbers}, floats.dtype(at::kFloat));
  }

  void divide(const Bucket& bucket) {
    int64_t offset = 0;
    for (size_t i : bucket.parameters) {
      const int64_t size = parameters[i].numel();
      slots[i] = bucket.flat.narrow(0, offset, size).view_as(parameters[i]);
      offset += size;
    }
  }

  // Of one backward pass autograd's own tensors are taken, so that nothing is zeroed or added up.
  // Those of several add up in ours: of two parameters autograd's may share memory.
  void prepare_gradient(size_t i, int64_t passes) {
    auto& gradient = parameters[i].mutable_grad();
    if (passes <= 1)
      gradient = at::Tensor();
    else
      gradient = has_slots() ? slots[i].zero_() : at::zeros_like(parameters[i]);
  }

  void watch() {
    for (size_t i = 0; i < parameters.size(); ++i) {
      accumulators.push_back(torch::autograd::impl::grad_accumulator(parameters[i]));
      accumulators.back()->add_post_hook(std::make_unique<torch::autograd::utils::LambdaPostHook>(
          [this, i](const torch::autograd::variable_list& outputs,
                    const torch::autograd::variable_list&) {
            ready(i);
            return outputs;
          }));
    }
  }

  void ready(size_t parameter) {
    --buckets[bucket_of[parameter]].awaited;
    while (next < buckets.size() && buckets[next].awaited == 0) start(next++);
  }

  void fill_slots(const Bucket& bucket) {
    for (size_t i : bucket.parameters) {
      auto& gradient = parameters[i].mutable_grad();
      if (!gradient.defined())
        slots[i].zero_();
      else if (!gradient.is_same(slots[i]))
        slots[i].copy_(dense(gradient));
      gradient = slots[i];
    }
  }

  void fill_gaps(const Bucket& bucket) {
    for (size_t i : bucket.parameters) {
      auto& gradient = parameters[i].mutable_grad();
      gradient = gradient.defined() ? dense(gradient) : at::zeros_like(parameters[i]);
    }
  }

  // After the backward pass, which holds gradients too.
  void part_gradients() {
    for (auto& parameter : parameters)
      if (auto& gradient = parameter.mutable_grad(); gradient.storage().use_count() > 1)
        gradient = gradient.clone();
  }

  std::vector<at::Tensor> gradients_of(const Bucket& bucket) const {
    std::vector<at::Tensor> gradients;
    for (size_t i : bucket.parameters) gradients.push_back(parameters[i].grad());
    return gradients;
  }

  // Themselves, where they are floats: weights of a user's module may be doubles or halves.
  std::vector<at::Tensor> as_floats(std::vector<at::Tensor> gradients) const {
    for (auto& gradient : gradients) gradient = gradient.to(at::kFloat);
    return gradients;
  }

  void unpack(const Bucket& bucket) const {
    const auto gradients = gradients_of(bucket), floats = as_floats(gradients);
    device::unpack_bf16(bucket.flat, floats);
    for (size_t i = 0; i < floats.size(); ++i) gradients[i].copy_(floats[i]);
  }

  std::unique_ptr<Pending> start_sum(const at::Tensor& tensor) {
    auto pending = group.start_sum(tensor);
    if (pending) return std::move(*pending);
    if (!error) error = pending.error();
    return nullptr;
  }

  void start(size_t index) {
    if (on_start) on_start(index);
    const at::NoGradGuard no_grad;
    auto& bucket = buckets[index];
    if (has_slots())
      fill_slots(bucket);
    else
      fill_gaps(bucket);
    if (group.size() == 1) return;
    if (rounds) device::pack_bf16(as_floats(gradients_of(bucket)), bucket.flat);
    bucket.pending = start_sum(bucket.flat);
    if (rounds && index + 1 == buckets.size()) numbers_pending = start_sum(numbers);
  }

  Result<void> wait() {
    if (!has_slots()) part_gradients();
    if (group.size() == 1) return {};
    for (auto& bucket : buckets) {
      CRESSET_CHECK(bucket.pending->wait());
      if (rounds) unpack(bucket);
    }
    return rounds ? numbers_pending->wait() : Result<void>();
  }
};

Reducer::Reducer(std::vector<at::Tensor> parameters, ProcessGroup& group, Options options)
    : impl_(std::make_unique<Impl>(std::move(parameters), group, options.in_bf16)) {
  impl_->assign(options.bucket_bytes);
  impl_->lay_out();
  impl_->watch();
}

Reducer::~Reducer() {
  for (auto& accumulator : impl_->accumulators) accumulator->post_hooks().clear();
  for (auto& parameter : impl_->parameters) parameter.mutable_grad() = at::Tensor();
}

void Reducer::prepare(int64_t passes) {
  for (auto& bucket : impl_->buckets) {
    bucket.awaited = bucket.parameters.size() * static_cast<size_t>(passes);
    bucket.pending.reset();
  }
  for (size_t i = 0; i < impl_->parameters.size(); ++i) impl_->prepare_gradient(i, passes);
  impl_->next = 0;
  impl_->error.reset();
}

void Reducer::attach(const Attached& numbers) {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < kAttached; ++i)  // as numbers, which no GPU reads out of our memory later
    impl_->numbers[static_cast<int64_t>(i)].fill_(numbers[i]);
}

void Reducer::attach(const Attached& numbers, const at::Tensor& first) {
  attach(numbers);
  const at::NoGradGuard no_grad;
  impl_->numbers[0].copy_(first);
}

void Reducer::skip_backward() {
  for (; impl_->next < impl_->buckets.size(); ++impl_->next) impl_->start(impl_->next);
}

Result<Reducer::Attached> Reducer::finish() {
  skip_backward();  // what got no gradient: zeros
  if (impl_->error) return base::fail(*impl_->error);
  CRESSET_CHECK(impl_->wait());
  Attached sums;
  const auto attached = impl_->numbers.to(at::kCPU, at::kDouble);
  std::copy_n(attached.const_data_ptr<double>(), kAttached, sums.begin());
  return sums;
}

size_t Reducer::buckets() const { return impl_->buckets.size(); }

void Reducer::on_start(std::function<void(size_t)> callback) {
  impl_->on_start = std::move(callback);
}

}  // namespace cresset::dist
