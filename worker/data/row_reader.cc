#include "worker/data/row_reader.h"

#include <arrow/api.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace cresset::data {

using base::Result;

namespace {

constexpr int64_t kTile =
    1024;  // rows whose columns are copied in turn, so that they stay in caches

Cells cells_in(const arrow::RecordBatch& batch, const Source& source) {
  return cells_of(batch, batch.schema()->GetFieldIndex(source.column), source.element);
}

// Of row-major values those of these rows (ascending), counted from the one at `begin`, taken out.
template <typename T>
void erase_rows(std::vector<T>& values, size_t width, int64_t begin,
                const std::vector<int64_t>& rows) {
  const auto stride = static_cast<int64_t>(width);
  auto from = values.begin() + begin * stride, to = from;
  for (int64_t row = 0, next = 0; from != values.end(); ++row, from += stride)
    if (next < static_cast<int64_t>(rows.size()) && rows[static_cast<size_t>(next)] == row)
      ++next;
    else
      to = std::copy(from, from + stride, to);
  values.erase(to, values.end());
}

}  // namespace

base::Error RowReader::placed(const base::Error& error, const std::string& where,
                              const BadRows& bad) {
  return bad.is_told(error) ? error : base::Error(error.kind(), where + error.message());
}

Result<void> RowReader::begin(const std::string& uri, const DataFile& file, BadRows& bad) {
  uri_ = uri;
  bad.begin_file(request_.field, uri);
  if (!layout_) {
    CRESSET_TRY(layout, lay_out(request_, uri, file.columns()));
    layout_ = std::move(layout);
  }
  if (auto same = check_same(*layout_, uri, file.columns()); !same)
    return base::fail(placed(same.error(), request_.field, bad));
  if (rows_.files++ == 0) {
    rows_.texts = layout_->texts;
    for (auto& column : rows_.texts) texts_.emplace_back(column);
  }
  rows_.origins.begin_file(uri, file.numbers());
  return {};
}

Result<void> RowReader::add(DataFile& file, size_t block, BadRows& bad) {
  auto added = add_rows(file, block, bad);
  if (!added) return base::fail(placed(added.error(), request_.field + uri_ + ": ", bad));
  return {};
}

FileRows RowReader::take() {
  texts_.clear();
  return std::exchange(rows_, FileRows());
}

Result<void> RowReader::add_rows(DataFile& file, size_t block, BadRows& bad) {
  const auto& counts = file.block_rows();
  const auto first =
      std::accumulate(counts.begin(), counts.begin() + static_cast<long>(block), int64_t{0});
  CRESSET_TRY(batch, file.read(block, layout_->names));
  const Place place = [&](int64_t row) { return file.numbers().place(first + row); };
  const size_t width = layout_->features.size(), before = rows_.values.size();
  rows_.values.resize(before + static_cast<size_t>(batch->num_rows()) * width);
  std::vector<Cells> columns;
  for (const auto& source : layout_->features) columns.push_back(cells_in(*batch, source));
  for (int64_t begin = 0; begin < batch->num_rows(); begin += kTile) {
    for (auto& cells : columns) {
      cells.begin = begin;
      cells.rows = std::min(kTile, batch->num_rows() - begin);
    }
    CRESSET_CHECK(copy_features(
        columns, place, rows_.values.data() + before + static_cast<size_t>(begin) * width, bad));
  }
  CRESSET_CHECK(add_labels(*batch, place, bad));
  if (layout_->group) CRESSET_CHECK(append_groups(cells_in(*batch, *layout_->group), rows_.groups));
  rows_.rows += batch->num_rows();
  const auto out = bad.finish_block();
  keep_origins(out, first, batch->num_rows());
  leave_out(out, batch->num_rows());
  return {};
}

Result<void> RowReader::copy_features(const std::vector<Cells>& columns, const Place& place,
                                      float* into, BadRows& bad) {
  auto texts = texts_.begin();
  for (size_t c = 0; c < columns.size(); ++c, ++into)
    if (texts != texts_.end() && texts->column() == c)
      CRESSET_CHECK(copy_texts(columns[c], place, into, columns.size(), *texts++, bad));
    else
      CRESSET_CHECK(copy_numbers(columns[c], place, into, columns.size(), bad));
  return {};
}

Result<void> RowReader::add_labels(const arrow::RecordBatch& batch, const Place& place,
                                   BadRows& bad) {
  if (request_.label_kind == LabelKind::kClasses)
    return append_labels(cells_in(batch, layout_->labels.front()), place, rows_.labels, bad);
  const size_t width = layout_->labels.size(), before = rows_.targets.size();
  rows_.targets.resize(before + static_cast<size_t>(batch.num_rows()) * width);
  for (size_t c = 0; c < width; ++c)
    CRESSET_CHECK(copy_targets(cells_in(batch, layout_->labels[c]), place,
                               request_.label_kind == LabelKind::kFlags,
                               rows_.targets.data() + before + c, width, bad));
  return {};
}

// Of `count` rows of the file from `first` on, but for those that are left out.
void RowReader::keep_origins(const std::vector<int64_t>& out, int64_t first, int64_t count) {
  int64_t next = 0;
  for (const int64_t row : out) {
    rows_.origins.add(first + next, row - next);
    next = row + 1;
  }
  rows_.origins.add(first + next, count - next);
}

// Of the last `count` rows, those of these numbers.
void RowReader::leave_out(const std::vector<int64_t>& rows, int64_t count) {
  if (rows.empty()) return;
  const auto begin = rows_.rows - count;
  if (request_.label_kind == LabelKind::kClasses)
    drop_labels(rows_.labels, static_cast<size_t>(begin), rows);
  else
    erase_rows(rows_.targets, layout_->labels.size(), begin, rows);
  if (layout_->group) erase_rows(rows_.groups, 1, begin, rows);
  erase_rows(rows_.values, layout_->features.size(), begin, rows);
  rows_.rows -= static_cast<int64_t>(rows.size());
}

}  // namespace cresset::data
