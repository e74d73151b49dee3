// The rows of a session, ready for its network: what is held, what is streamed, what is held back.
#include "worker/train/kept_rows.h"
#include "worker/train/next_token.h"
#include "worker/train/rows_ahead.h"
#include "worker/train/session.h"
#include "worker/train/streamed_rows.h"

namespace cresset::train {

using base::Result;

Result<Samples> Session::make_ready(data::Table table) const {
  CRESSET_TRY(samples, prepare_samples(std::move(table), preprocessing_, targets_));
  if (auto checked = started_.network->check(samples.inputs); !checked)
    return base::fail(checked.error().with_context(samples.table.uri));
  if (started_.network->vocabulary() > 0)
    aim_at_next_tokens(samples, started_.architecture.padding_token);
  return samples;
}

Result<void> Session::prepare_rows() {
  data_digest_ = raw_.train.digest;
  if (stream_) {
    CRESSET_CHECK(stream_rows());
  } else {
    CRESSET_TRY(train, make_ready(std::move(raw_.train)));
    train_ = std::move(train);
    hold_as_bytes(train_, preprocessing_);
    rows_ = std::make_unique<KeptRows>(config_.training, train_, *group_, device_);
  }
  // Those who compute a batch in parts have no memory for it as a whole, and for the next one.
  if (!device_.is_cpu() && config_.training.gradient.micro_batch_size == 0)
    rows_ = std::make_unique<RowsAhead>(std::move(rows_), device_);
  CRESSET_TRY(validation, make_ready(std::move(raw_.validation)));
  validation_ = std::move(validation);
  if (preprocessing_.packing() != nullptr)
    log_.info("texts joined",
              {{"samples", rows_->sampler().rows()}, {"validation_samples", validation_.rows()}});
  if (const int64_t cut = train_.cut_texts + validation_.cut_texts; first() && cut > 0)
    log_.warn("texts are cut off, being longer than maxLength of tokenize",
              {{"texts", cut}, {"of_rows", train_.rows() + validation_.rows()}});
  return {};
}

Result<void> Session::stream_rows() {
  const bool of_tokens = started_.network->vocabulary() > 0;
  auto columns = preprocessing_.value_names();
  const int64_t row_bytes = row_bytes_of(stream_->table(), columns.size(), of_tokens);
  CRESSET_CHECK(stream_->check_memory(row_bytes));
  rows_ = std::make_unique<StreamedRows>(StreamedRows::Parts{
      .spec = config_.training,
      .table = stream_->table(),
      .order = stream_->order(),
      .header = raw_.train,
      .columns = std::move(columns),
      .of_tokens = of_tokens,
      .row_bytes = row_bytes,
      .prepare = [this](data::Table table) { return make_ready(std::move(table)); },
      .group = *group_,
      .device = device_});
  return {};
}

}  // namespace cresset::train
