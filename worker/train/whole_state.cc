#include "worker/train/whole_state.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "worker/model/tensors.h"

namespace cresset::train {

using base::Result;

namespace {

constexpr int kHasFile = 0;

Result<void> give(const at::Tensor& view, const at::Tensor& own, int owner,
                  dist::ProcessGroup& group) {
  const bool is_mine = owner == NamedTensors::kEveryones || owner == group.rank();
  if (group.rank() == kHasFile && is_mine) own.copy_(view);
  if (owner == NamedTensors::kEveryones) return group.broadcast(own, kHasFile);
  if (owner == kHasFile) return {};
  if (group.rank() == kHasFile) return group.send(view, owner);
  if (!is_mine) return {};
  const auto host = own.is_cpu() ? own : at::empty_like(own, own.options().device(at::kCPU));
  CRESSET_CHECK(group.receive(host, kHasFile));
  if (!own.is_cpu()) own.copy_(host);
  return {};
}

}  // namespace

Result<std::string> gather_state(const NamedTensors& state, dist::ProcessGroup& group) {
  if (group.rank() == kHasFile)
    return model::encode_fetched(state.names, state.tensors, [&](size_t i, const at::Tensor& into) {
      return group.receive(into, state.owners[i]);
    });
  for (size_t i = 0; i < state.names.size(); ++i)
    if (state.owners[i] == group.rank())
      CRESSET_CHECK(group.send(state.tensors[i].cpu(), kHasFile));
  return std::string();
}

Result<void> scatter_state(std::string_view file, const NamedTensors& state,
                           dist::ProcessGroup& group) {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> views(state.names.size());
  if (group.rank() == kHasFile) {
    CRESSET_TRY(of_file, model::views_of(file, state.names, state.tensors));
    views = std::move(of_file);
  }
  for (size_t i = 0; i < views.size(); ++i)
    CRESSET_CHECK(give(views[i], state.tensors[i].detach(), state.owners[i], group));
  return {};
}

}  // namespace cresset::train
