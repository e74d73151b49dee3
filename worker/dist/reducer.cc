#include "worker/dist/reducer.h"

#include <ATen/ATen.h>

#include <torch/csrc/autograd/functions/accumulate_grad.h>
#include <torch/csrc/autograd/utils/lambda_post_hook.h>
#include <optional>

namespace cresset::dist {

using base::Result;

namespace {

struct Bucket {
  at::Tensor flat;
  std::vector<size_t> parameters;  // indices
  size_t awaited = 0;              // gradients not yet there, of all passes
  std::unique_ptr<Pending> pending;
};

}  // namespace

struct Reducer::Impl {
  std::vector<at::Tensor> parameters;
  ProcessGroup& group;
  std::vector<Bucket> buckets;
  std::vector<size_t> bucket_of;
  std::vector<std::shared_ptr<torch::autograd::Node>> accumulators;
  size_t next = 0;  // sums start in the order of the buckets, the same on every rank
  std::optional<base::Error> error;
  std::function<void(size_t)> on_start;

  Impl(std::vector<at::Tensor> all, ProcessGroup& in) : parameters(std::move(all)), group(in) {}

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
    for (size_t b = 0; b < buckets.size(); ++b) {
      int64_t size = b + 1 == buckets.size() ? static_cast<int64_t>(kAttached) : 0;
      for (size_t i : buckets[b].parameters) size += parameters[i].numel();
      buckets[b].flat = at::zeros({size}, parameters.front().options().requires_grad(false));
      int64_t offset = 0;
      for (size_t i : buckets[b].parameters) {
        parameters[i].mutable_grad() =
            buckets[b].flat.narrow(0, offset, parameters[i].numel()).view_as(parameters[i]);
        offset += parameters[i].numel();
      }
    }
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

  at::Tensor tail() {
    const auto& flat = buckets.back().flat;
    return flat.narrow(0, flat.numel() - static_cast<int64_t>(kAttached), kAttached);
  }

  void ready(size_t parameter) {
    --buckets[bucket_of[parameter]].awaited;
    while (next < buckets.size() && buckets[next].awaited == 0) start(next++);
  }

  void start(size_t index) {
    if (on_start) on_start(index);
    auto pending = group.start_sum(buckets[index].flat);
    if (pending)
      buckets[index].pending = std::move(*pending);
    else if (!error)
      error = pending.error();
  }
};

Reducer::Reducer(std::vector<at::Tensor> parameters, ProcessGroup& group, int64_t bucket_bytes)
    : impl_(std::make_unique<Impl>(std::move(parameters), group)) {
  impl_->assign(bucket_bytes);
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
    bucket.flat.zero_();
    bucket.pending.reset();
  }
  impl_->next = 0;
  impl_->error.reset();
}

void Reducer::attach(const Attached& numbers) {
  auto tail = impl_->tail();
  for (size_t i = 0; i < kAttached; ++i) tail[static_cast<int64_t>(i)] = numbers[i];
}

void Reducer::skip_backward() {
  for (; impl_->next < impl_->buckets.size(); ++impl_->next) impl_->start(impl_->next);
}

Result<Reducer::Attached> Reducer::finish() {
  if (!impl_->error && impl_->next < impl_->buckets.size())
    impl_->error = base::internal("a parameter got no gradient: it takes no part in the loss");
  if (impl_->error) return base::fail(*impl_->error);
  for (auto& bucket : impl_->buckets) CRESSET_CHECK(bucket.pending->wait());
  Attached sums;
  const auto tail = impl_->tail();
  for (size_t i = 0; i < kAttached; ++i) sums[i] = tail[static_cast<int64_t>(i)].item<double>();
  return sums;
}

size_t Reducer::buckets() const { return impl_->buckets.size(); }

void Reducer::on_start(std::function<void(size_t)> callback) {
  impl_->on_start = std::move(callback);
}

}  // namespace cresset::dist
