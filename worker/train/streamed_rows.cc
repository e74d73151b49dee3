#include "worker/train/streamed_rows.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

#include "worker/device/device.h"

namespace cresset::train {

using base::Json;
using base::Result;

namespace {

constexpr int64_t kStepsSearched = 32;

Json encode(const data::RowOrigin& origin) {
  return {{"uri", origin.uri}, {"place", origin.place}};
}

data::RowOrigin decode_origin(const Json& json) {
  return {json["uri"].get<std::string>(), json["place"].get<std::string>()};
}

Json encode(const OutstandingRow& row) {
  return {{"origin", encode(row.row)},
          {"step", row.step},
          {"column", row.column},
          {"value", row.value}};
}

OutstandingRow decode_outstanding(const Json& json) {
  return {.row = decode_origin(json["origin"]),
          .step = json["step"].get<int64_t>(),
          .column = json["column"].get<std::string>(),
          .value = json["value"].get<double>()};
}

}  // namespace

int64_t row_bytes_of(const data::StreamedTable& table, size_t values, bool of_tokens) {
  const auto targets = of_tokens ? values * sizeof(int64_t) : 0;  // a token for each
  return table.row_bytes(values) + static_cast<int64_t>(targets);
}

StreamedRows::StreamedRows(Parts parts)
    : parts_(std::move(parts)),
      sampler_(parts_.order.rows(), parts_.spec.batch_size,
               static_cast<uint64_t>(parts_.spec.seed)) {
  int64_t begin = 0;
  for (const auto& block : parts_.table.blocks()) {
    block_begins_.push_back(begin);
    begin += data::StreamedTable::rows_of(block);
  }
}

StreamedRows::Ahead::Source StreamedRows::source() {
  const auto part = [rank = parts_.group.rank(), ranks = parts_.group.size()](int64_t rows) {
    return data::shard(rows, rank, ranks);
  };
  return {.parts_of =
              [order = parts_.order, part](int64_t step) mutable {
                return order.blocks_of(step, part(order.batch_rows(step)));
              },
          .bytes_of =
              [this](size_t block) {
                return data::StreamedTable::rows_of(parts_.table.blocks()[block]) *
                       parts_.row_bytes;
              },
          .load = [this](size_t block) { return load(block); },
          .most_bytes = parts_.spec.data.streaming.memory_mib << 20,
          .end_step = parts_.spec.epochs * sampler_.steps_per_epoch()};
}

Result<Samples> StreamedRows::load(size_t block) {
  CRESSET_TRY(rows,
              parts_.table.read(parts_.table.blocks()[block], parts_.header, parts_.of_tokens));
  rows.classes = {};  // the header has these, each block would have them too
  CRESSET_TRY(ready, parts_.prepare(std::move(rows)));
  ready.table.columns = {};
  return ready;
}

Result<int64_t> StreamedRows::begin(int64_t step) {
  held_.clear();
  if (!ahead_) ahead_ = std::make_unique<Ahead>(source(), step);
  CRESSET_TRY(held, ahead_->parts_of(step));
  held_ = std::move(held);
  step_ = step;
  part_ = data::shard(sampler_.batch_rows(step), parts_.group.rank(), parts_.group.size());
  places_ = parts_.order.rows_of(step, part_);
  if (!places_.empty()) {
    inputs_ = gather(&Samples::inputs);
    targets_ = gather(&Samples::targets);
  }
  return part_.size();
}

at::Tensor StreamedRows::gather(at::Tensor Samples::*of) const {
  const auto& like = held_.at(places_.front().block).get()->*of;
  auto shape = like.sizes().vec();
  shape[0] = static_cast<int64_t>(places_.size());
  auto rows = at::empty(shape, like.options().pinned_memory(parts_.device.is_cuda()));
  const auto bytes = like.nbytes() / static_cast<size_t>(like.size(0));
  auto* into = static_cast<char*>(rows.mutable_data_ptr());
  for (const auto& [block, row] : places_) {
    const auto* from = static_cast<const char*>((held_.at(block).get()->*of).const_data_ptr());
    std::memcpy(into, from + static_cast<size_t>(row) * bytes, bytes);
    into += bytes;
  }
  return rows;
}

at::Tensor StreamedRows::inputs(int64_t first, int64_t size) const {
  return device::moved(inputs_.narrow(0, first, size), parts_.device);
}

at::Tensor StreamedRows::targets(int64_t first, int64_t size) const {
  return device::moved(targets_.narrow(0, first, size), parts_.device);
}

at::Tensor StreamedRows::numbers(int64_t first, int64_t size) const {
  auto numbers = at::empty({size}, at::kLong);
  auto* into = numbers.mutable_data_ptr<int64_t>();
  for (int64_t i = 0; i < size; ++i) {
    const auto& place = places_[static_cast<size_t>(first + i)];
    into[i] = block_begins_[place.block] + place.row;
  }
  return numbers;
}

Result<double> StreamedRows::divisor(const Loss& loss) {
  auto sum = at::full({1}, part_.size() > 0 ? loss.divisor(targets_) : 0.0, at::kDouble);
  CRESSET_CHECK(parts_.group.sum(sum));
  return sum.item<double>();
}

data::RowOrigin StreamedRows::origin_of(const data::StreamOrder::Place& place) const {
  return held_.at(place.block)->table.origins.at(place.row);
}

Result<std::vector<StreamedRows::Named>> StreamedRows::exchange(const std::vector<Named>& own) {
  Json list = Json::array();
  for (const auto& row : own) list.push_back({row.place.block, row.place.row, row.words});
  std::vector<Named> all;
  CRESSET_CHECK(dist::exchange_bytes(
      parts_.group, base::dump(list), [&](const std::string& theirs) -> Result<void> {
        CRESSET_TRY(rows, base::parse_json(theirs, {.max_bytes = theirs.size(),
                                                    .max_depth = 8,
                                                    .max_elements = theirs.size()}));
        for (const auto& row : rows)
          all.push_back({{row[0].get<size_t>(), row[1].get<int64_t>()}, row[2]});
        return {};
      }));
  std::sort(all.begin(), all.end(),
            [](const Named& one, const Named& other) { return one.place < other.place; });
  return all;
}

Result<std::vector<data::RowOrigin>> StreamedRows::origins(int64_t step, const at::Tensor& chosen) {
  if (step != step_) CRESSET_CHECK(begin(step));
  std::vector<Named> own;
  for (size_t i = 0; i < places_.size(); ++i)
    if (chosen[part_.begin + static_cast<int64_t>(i)].item<double>() > 0)
      own.push_back({places_[i], encode(origin_of(places_[i]))});
  CRESSET_TRY(all, exchange(own));
  std::vector<data::RowOrigin> origins;
  for (const auto& row : all) origins.push_back(decode_origin(row.words));
  return origins;
}

// Of all ranks.
Result<at::Tensor> StreamedRows::sizes_of_batch() {
  auto sizes = at::zeros({sampler_.batch_rows(step_)}, at::kDouble);
  if (part_.size() > 0) sizes.narrow(0, part_.begin, part_.size()).copy_(row_sizes(inputs_));
  CRESSET_CHECK(parts_.group.sum(sizes));
  return sizes;
}

Result<void> StreamedRows::find_outstanding(int64_t step, Divergence& found) {
  for (int64_t s = step; s >= 0 && s > step - kStepsSearched; --s) {
    CRESSET_CHECK(begin(s));
    CRESSET_TRY(sizes, sizes_of_batch());
    if (s == step) found.usual_largest = sizes.nanmedian().item<double>();
    ++found.steps_searched;
    const auto far = sizes.gt(far_from(found.usual_largest));
    if (!far.any().item<bool>()) continue;
    std::vector<Named> own;
    for (size_t i = 0; i < places_.size(); ++i)
      if (const auto at = static_cast<int64_t>(i); far[part_.begin + at].item<bool>())
        own.push_back({places_[i], encode(outstanding_row(inputs_[at], parts_.columns,
                                                          origin_of(places_[i]), s))});
    CRESSET_TRY(all, exchange(own));
    found.outstanding = decode_outstanding(all.front().words);
    return {};
  }
  return {};
}

}  // namespace cresset::train
