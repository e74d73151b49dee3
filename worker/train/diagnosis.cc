#include "worker/train/diagnosis.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <limits>

#include "worker/train/layer_watch.h"

namespace cresset::train {

using base::Result;

namespace {

bool all_finite(const at::Tensor& tensor) { return at::isfinite(tensor).all().item<bool>(); }

// The layer nearest to the loss, from which the backward pass brings it to the others; "": none.
std::string last_bad(const model::Network& network, bool gradients) {
  const auto names = network.names();
  const auto parameters = network.parameters();
  for (size_t i = names.size(); i-- > 0;) {
    const auto& tensor = gradients ? parameters[i].grad() : parameters[i];
    if (tensor.defined() && !all_finite(tensor)) return layer_of(names[i]);
  }
  return "";
}

// What one rank saw of its rows.
struct Seen {
  int64_t order = std::numeric_limits<int64_t>::max();  // of the first bad operation
  std::string where;
  at::Tensor rows;  // of the batch, 1 for those that it is said of
};

at::Tensor bad_rows(const at::Tensor& result, const at::Tensor& logits) {
  // What is not laid out by rows is told by what becomes of each of them.
  const auto& by_row = result.dim() > 0 && result.size(0) == logits.size(0) ? result : logits;
  return at::isfinite(by_row.detach()).logical_not().reshape({by_row.size(0), -1}).any(1);
}

Result<Seen> look_at_own_rows(const DiagnosisParts& parts, int64_t step) {
  const auto& sampler = parts.rows.sampler();
  Seen seen{.rows = at::zeros({sampler.batch_rows(step)}, at::kDouble)};
  const auto own = data::shard(sampler.batch_rows(step), parts.group.rank(), parts.group.size());
  LayerWatch watch(parts.network);
  int64_t first = own.begin;
  CRESSET_CHECK(parts.gradient.replay(
      step, [&] { watch.begin_pass(); },
      [&](const at::Tensor& logits) {
        const int64_t rows = logits.size(0);
        if (const auto& found = watch.found()) {
          seen.rows.narrow(0, first, rows).copy_(bad_rows(found->result, logits));
          if (found->order < seen.order) seen.order = found->order, seen.where = found->where;
        }
        first += rows;
      }));
  return seen;
}

// Of all ranks: the earliest operation, the rows of all.
Result<Seen> look_at_all_rows(const DiagnosisParts& parts, int64_t step) {
  CRESSET_TRY(seen, look_at_own_rows(parts, step));
  CRESSET_CHECK(parts.group.sum(seen.rows));
  auto orders = at::zeros({parts.group.size()}, at::kLong);
  orders[parts.group.rank()] = seen.order;
  CRESSET_CHECK(parts.group.sum(orders));
  const auto root = orders.argmin().item<int64_t>();
  CRESSET_TRY(where, dist::broadcast_bytes(parts.group, seen.where, static_cast<int>(root)));
  seen.where = where;
  return seen;
}

Result<void> find_place(const DiagnosisParts& parts, int64_t step, Divergence& found) {
  if (const auto layer = last_bad(parts.network, false); !layer.empty()) {
    found.where =
        "the weights of layer \"" + layer + "\" are not finite after step " + std::to_string(step);
    return {};
  }
  CRESSET_TRY(seen, look_at_all_rows(parts, step));
  found.where = seen.where;
  CRESSET_TRY(rows, parts.rows.origins(step, seen.rows));
  found.rows = std::move(rows);
  if (!found.where.empty()) return {};
  const auto layer = last_bad(parts.network, true);
  found.where = layer.empty() ? "the loss is not finite, though the output of each layer is"
                              : "the gradient of layer \"" + layer + "\" is not finite";
  return {};
}

}  // namespace

Result<Divergence> diagnose(const DiagnosisParts& parts, int64_t step, int64_t total_steps) {
  const auto& gradient = parts.spec.gradient;
  Divergence found{.step = step + 1,
                   .total_steps = total_steps,
                   .batch_rows = parts.rows.sampler().batch_rows(step),
                   .learning_rate = parts.spec.optimizer.learning_rate,
                   .clips = gradient.clip_norm > 0 || gradient.clip_value > 0};
  CRESSET_CHECK(find_place(parts, step, found));
  if (!parts.of_tokens) CRESSET_CHECK(parts.rows.find_outstanding(step, found));
  return found;
}

}  // namespace cresset::train
