#include "worker/dist/owned_tensors.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <deque>
#include <numeric>

namespace cresset::dist {

using base::Result;

namespace {

constexpr size_t kMostOnTheirWay = 4;

}  // namespace

std::vector<int> balanced_owners(const std::vector<int64_t>& sizes, int ranks) {
  std::vector<size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return sizes[a] > sizes[b]; });
  std::vector<int> owners(sizes.size());
  std::vector<int64_t> loads(static_cast<size_t>(ranks));
  for (const size_t index : order) {
    const auto least = std::min_element(loads.begin(), loads.end());
    *least += sizes[index];
    owners[index] = static_cast<int>(least - loads.begin());
  }
  return owners;
}

OwnedTensors::OwnedTensors(std::vector<at::Tensor> tensors, std::vector<int> owners,
                           ProcessGroup& group, int64_t message_bytes)
    : owners_(std::move(owners)), group_(group) {
  for (int rank = 0; rank < group.size(); ++rank)
    for (size_t i = 0; i < tensors.size(); ++i)
      if (owners_[i] == rank) add(tensors[i], rank, message_bytes);
}

void OwnedTensors::add(const at::Tensor& tensor, int owner, int64_t message_bytes) {
  const auto bytes = static_cast<int64_t>(tensor.nbytes());
  const bool fits = !messages_.empty() && messages_.back().owner == owner &&
                    messages_.back().bytes + bytes <= message_bytes &&
                    messages_.back().tensors.front().scalar_type() == tensor.scalar_type();
  if (!fits) messages_.push_back({.owner = owner, .bytes = 0, .tensors = {}});
  messages_.back().bytes += bytes;
  messages_.back().tensors.push_back(tensor.detach().view({-1}));
}

Result<OwnedTensors::OnItsWay> OwnedTensors::start(const Message& message) const {
  OnItsWay sent{.message = &message, .flat = message.tensors.front(), .pending = nullptr};
  if (message.tensors.size() > 1) sent.flat = at::cat(message.tensors);
  CRESSET_TRY(pending, group_.start_broadcast(sent.flat, message.owner));
  sent.pending = std::move(pending);
  return sent;
}

Result<void> OwnedTensors::finish(const OnItsWay& sent) const {
  CRESSET_CHECK(sent.pending->wait());
  if (sent.message->tensors.size() == 1 || sent.message->owner == group_.rank()) return {};
  int64_t offset = 0;
  for (const auto& tensor : sent.message->tensors) {
    tensor.copy_(sent.flat.narrow(0, offset, tensor.numel()));
    offset += tensor.numel();
  }
  return {};
}

Result<void> OwnedTensors::share() {
  if (group_.size() == 1) return {};
  at::NoGradGuard no_grad;
  std::deque<OnItsWay> on_their_way;
  for (const auto& message : messages_) {
    if (on_their_way.size() == kMostOnTheirWay) {
      CRESSET_CHECK(finish(on_their_way.front()));
      on_their_way.pop_front();
    }
    CRESSET_TRY(sent, start(message));
    on_their_way.push_back(std::move(sent));
  }
  for (const auto& sent : on_their_way) CRESSET_CHECK(finish(sent));
  return {};
}

}  // namespace cresset::dist
