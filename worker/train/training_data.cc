#include "worker/train/training_data.h"

#include <ATen/ATen.h>

#include <set>
#include <utility>

#include "worker/data/core/sharding.h"
#include "worker/data/streamed_table.h"
#include "worker/train/loss.h"
#include "worker/train/packed_texts.h"
#include "worker/train/targets.h"

namespace cresset::train {

using base::Result;

namespace {

constexpr char kValidationField[] = "spec.training.data.validation.uri";
constexpr char kSplitByField[] = "spec.training.data.validation.splitBy";

Result<data::Split> split_off(const data::Table& all, const worker_contract::DataSpec& spec,
                              uint64_t seed) {
  const double fraction = spec.validation_fraction;
  if (spec.validation_split_by.empty()) return data::split_rows(all.rows, fraction, seed);
  auto split = data::split_groups(all.groups, fraction, seed);
  if (!split.train.empty() && !split.validation.empty()) return split;
  const std::set<uint64_t> different(all.groups.begin(), all.groups.end());
  return base::fail(base::invalid(
      std::string(kSplitByField) + ": all rows fall on one side, since column \"" +
      spec.validation_split_by + "\" has " + std::to_string(different.size()) +
      " different values; more of them, another fraction or another seed would divide them"));
}

data::LabelKind kind_of(const worker_contract::TrainingSpec& spec) {
  if (spec.data.label.empty() && spec.data.labels.empty()) return data::LabelKind::kNone;
  const auto& goal = spec.goal.name;
  if (goal == worker_contract::kRegression) return data::LabelKind::kNumbers;
  return goal == worker_contract::kMultiLabel ? data::LabelKind::kFlags : data::LabelKind::kClasses;
}

data::TableRequest validation_request(const worker_contract::TrainingSpec& spec,
                                      const data::Table& train) {
  return {.uri = spec.data.validation_uri,
          .label = spec.data.label,
          .labels = spec.data.labels,
          .label_kind = train.label_kind,
          .texts = worker_contract::text_columns(spec.preprocess),
          .field = kValidationField,
          .like = &train,
          .keeps_numbers = true,
          .images = spec.data.images};
}

}  // namespace

data::TableRequest train_request(const worker_contract::TrainingSpec& spec) {
  return {.uri = spec.data.train_uri,
          .label = spec.data.label,
          .labels = spec.data.labels,
          .label_kind = kind_of(spec),
          .features = spec.data.features,
          .texts = worker_contract::text_columns(spec.preprocess),
          .group = spec.data.validation_split_by,
          .field = kTrainField,
          .keeps_numbers = true,
          .images = spec.data.images};
}

Result<void> look_at_validation(data::Store& store, const worker_contract::TrainingSpec& spec,
                                const data::Table& train) {
  if (spec.data.validation_uri.empty()) return {};
  const auto request = validation_request(spec, train);
  auto opened = data::StreamedTable::open(store, request, request.max_bytes);
  if (!opened) return base::fail(opened.error());
  return {};
}

Result<void> read_validation(data::Store& store, const worker_contract::TrainingSpec& spec,
                             RawData& raw) {
  if (spec.data.validation_uri.empty()) return {};
  auto request = validation_request(spec, raw.train);
  request.bad_rows = &raw.bad_rows;
  CRESSET_TRY(validation, data::read_table(store, request));
  raw.validation = std::move(validation);
  return {};
}

Result<RawData> read_raw_data(data::Store& store, const worker_contract::TrainingSpec& spec) {
  RawData raw{.train = {}, .validation = {}, .bad_rows = data::BadRows(spec.data.bad_rows.limit)};
  auto request = train_request(spec);
  request.bad_rows = &raw.bad_rows;
  CRESSET_TRY(all, data::read_table(store, request));
  if (spec.data.validation_fraction > 0) {
    CRESSET_TRY(split, split_off(all, spec.data, static_cast<uint64_t>(spec.seed)));
    raw.train = data::take_rows(all, split.train);
    raw.validation = data::take_rows(all, split.validation);
    return raw;
  }
  raw.train = std::move(all);
  CRESSET_CHECK(read_validation(store, spec, raw));
  return raw;
}

Result<void> label_by_class(RawData& raw, const std::string& label) {
  const auto code = [&](data::Table& table, const char* field) -> Result<void> {
    auto coded = data::code_labels(table, label);
    if (!coded) return base::fail(coded.error().with_context(table.uri).with_context(field));
    return {};
  };
  CRESSET_CHECK(code(raw.train, kTrainField));
  return code(raw.validation, kValidationField);
}

Result<void> check_same_data(const RawData& raw, dist::ProcessGroup& group) {
  std::string own;
  for (const auto* table : {&raw.train, &raw.validation})
    own += table->digest + " " + std::to_string(table->rows) + "\n";
  return check_same(group, own,
                    "spec.training.data changed while it was read: the workers found different "
                    "files or rows");
}

Result<void> check_same(dist::ProcessGroup& group, const std::string& own,
                        const std::string& what_differs) {
  CRESSET_TRY(of_first, dist::broadcast_bytes(group, own, 0));
  auto differ = at::full({1}, of_first == own ? 0.0 : 1.0, at::kDouble);
  CRESSET_CHECK(group.sum(differ));
  if (differ.item<double>() == 0) return {};
  return base::fail(base::unavailable(what_differs));
}

Result<void> fit_preprocessing(model::Preprocessing& steps, model::Summaries own,
                               const std::string& uri, dist::ProcessGroup& group) {
  const auto counted = steps.counted();
  const std::string packed = std::exchange(own, model::Summaries(counted)).pack();
  model::Summaries merged(counted);
  CRESSET_CHECK(dist::exchange_bytes(group, packed, [&](const std::string& theirs) -> Result<void> {
    merged.merge(model::Summaries::unpack(counted, theirs));
    return {};
  }));
  auto fitted = steps.fit(merged);
  if (!fitted) return base::fail(fitted.error().with_context(uri));
  return {};
}

Result<void> fit_preprocessing(model::Preprocessing& steps, const data::Table& train,
                               dist::ProcessGroup& group) {
  const auto part = data::shard(train.rows, group.rank(), group.size());
  model::Summaries own(steps.counted(), steps.counted_texts());
  own.add(train.values.data() + part.begin * static_cast<int64_t>(train.columns.size()),
          part.size(), *train.texts);
  return fit_preprocessing(steps, std::move(own), train.uri, group);
}

namespace {

// What the network takes, in the place of raw values.
Result<void> make_values(Samples& samples, const model::Preprocessing& preprocessing) {
  auto& own = samples.table;
  if (const auto* step = preprocessing.packing()) return pack_texts(own, *step);
  auto transformed =
      preprocessing.transform(std::move(own.values), own.rows, *own.texts, &samples.cut_texts);
  if (!transformed) return base::fail(transformed.error().with_context(kPreprocessField));
  own.values = std::move(*transformed);
  return {};
}

}  // namespace

Result<Samples> prepare_samples(data::Table table, const model::Preprocessing& preprocessing,
                                const std::vector<model::Target>& predicted) {
  Samples samples{
      .table = std::move(table), .inputs = {}, .images = {}, .targets = {}, .predicted = predicted};
  auto& own = samples.table;
  auto made = make_values(samples, preprocessing);
  if (!made) return base::fail(made.error().with_context(own.uri));
  own.columns = preprocessing.value_names();
  own.texts = std::make_shared<data::TextColumns>();
  std::vector<int64_t> shape{samples.rows()};
  const auto& sample = preprocessing.sample_shape();
  shape.insert(shape.end(), sample.begin(), sample.end());
  samples.inputs = at::from_blob(samples.table.values.data(), shape, at::kFloat);
  if (own.label_kind == data::LabelKind::kNone)
    samples.targets = at::full({samples.rows()}, kNoTarget, at::kLong);
  else
    samples.targets = predicted.empty() ? at::from_blob(own.labels.data(), {own.rows}, at::kLong)
                                        : target_tensor(own, predicted);
  return samples;
}

void hold_as_bytes(Samples& samples, const model::Preprocessing& preprocessing) {
  samples.images = ImageBytes::of(samples.inputs, preprocessing.channels());
  if (!samples.images) return;
  samples.inputs = at::Tensor();
  std::vector<float>().swap(samples.table.values);
}

}  // namespace cresset::train
