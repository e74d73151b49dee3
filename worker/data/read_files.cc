#include "worker/data/read_files.h"

#include <arrow/api.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "operator/base/digest.h"
#include "worker/data/data_file.h"
#include "worker/data/file_set.h"
#include "worker/data/store.h"

namespace cresset::data {

using base::Result;

namespace {

constexpr int64_t kTile =
    1024;  // rows whose columns are copied in turn, so that they stay in caches

// Where the values of a column of the table stand: in a column of the file, in a list of it or not.
struct Source {
  std::string column;
  int32_t element = 0;
};

// The columns of the table, and which of a file they are of.
struct Layout {
  std::vector<FileColumn> of_first;
  std::string first_uri;
  std::set<std::string> names;
  std::vector<Source> features;
  std::vector<TextColumn> texts;  // among the features
  std::vector<Source> labels;
  std::optional<Source> group;
};

Result<std::vector<std::string>> names_of(const std::vector<FileColumn>& columns,
                                          std::unordered_map<std::string, Source>& sources) {
  std::vector<std::string> names;
  const auto add = [&](std::string name, const Source& source) -> Result<void> {
    const auto [other, fresh] = sources.emplace(name, source);
    if (!fresh) {
      const auto& list = source.column == name ? other->second : source;
      return base::fail(base::invalid("the list \"" + list.column + "\" and the column \"" + name +
                                      "\" both make a column \"" + name +
                                      "\"; allowed is one of a name"));
    }
    names.push_back(std::move(name));
    return {};
  };
  for (const auto& [name, width] : columns) {
    if (width == 0) CRESSET_CHECK(add(name, {name}));
    for (int32_t i = 0; i < width; ++i)
      CRESSET_CHECK(add(name + "[" + std::to_string(i) + "]", {name, i}));
  }
  return names;
}

Result<Layout> lay_out(const FilesRequest& request, const std::string& uri,
                       const std::vector<FileColumn>& columns) {
  Layout layout{.of_first = columns, .first_uri = uri};
  std::unordered_map<std::string, Source> sources;
  const auto all = names_of(columns, sources);
  if (!all) return base::fail(all.error().with_context(request.field + uri));
  CRESSET_TRY(chosen, request.choose(*all));
  const auto add = [&](const std::vector<std::string>& names, std::vector<Source>& into) {
    for (const auto& name : names) {
      into.push_back(sources.at(name));
      layout.names.insert(into.back().column);
    }
  };
  add(chosen.features, layout.features);
  for (size_t c = 0; request.is_text && c < chosen.features.size(); ++c)
    if (request.is_text(chosen.features[c])) layout.texts.push_back({.column = c, .texts = {}});
  add(chosen.labels, layout.labels);
  if (!chosen.group.empty()) {
    layout.group = sources.at(chosen.group);
    layout.names.insert(layout.group->column);
  }
  return layout;
}

std::string worded(const FileColumn& column) {
  return column.width == 0 ? "a single value" : "a list of " + std::to_string(column.width);
}

// What tells the columns of `uri` from those of the first file, if anything.
Result<void> check_same(const Layout& layout, const std::string& uri,
                        const std::vector<FileColumn>& columns) {
  const auto lacks = [](const auto& list, const FileColumn& wanted) {
    return std::none_of(list.begin(), list.end(),
                        [&](const auto& column) { return column.name == wanted.name; });
  };
  const auto differ = [&](const std::string& how) {
    return base::fail(base::invalid(uri + how + "; all files must have the same columns"));
  };
  for (const auto& column : layout.of_first)
    if (lacks(columns, column))
      return differ(" lacks the column \"" + column.name + "\", which " + layout.first_uri +
                    " has");
  for (const auto& column : columns) {
    if (lacks(layout.of_first, column))
      return differ(" has the column \"" + column.name + "\", which " + layout.first_uri +
                    " lacks");
    for (const auto& other : layout.of_first)
      if (other.name == column.name && other.width != column.width)
        return differ(": the column \"" + column.name + "\" is " + worded(column) + ", and in " +
                      layout.first_uri + " " + worded(other));
  }
  return {};
}

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

class Reading {
 public:
  Reading(const FilesRequest& request, BadRows& bad) : request_(request), bad_(bad) {}

  Result<void> add(const std::string& uri, std::string bytes) {
    const std::string where = request_.field + uri;
    bad_.begin_file(request_.field, uri);
    auto file = open_data_file(
        uri, std::move(bytes),
        {.max_bytes = request_.max_bytes, .images = request_.images, .is_text = request_.is_text},
        bad_);
    if (!file) return base::fail(placed(file.error(), request_.field));
    if (++rows_.files == 1) {
      CRESSET_TRY(layout, lay_out(request_, uri, (*file)->columns()));
      layout_ = std::move(layout);
      rows_.texts = layout_.texts;
      for (auto& column : rows_.texts) texts_.emplace_back(column);
    }
    if (auto same = check_same(layout_, uri, (*file)->columns()); !same)
      return base::fail(placed(same.error(), request_.field));
    rows_.origins.begin_file(uri, (*file)->numbers());
    int64_t first = 0;
    for (size_t block = 0; block < (*file)->block_rows().size(); ++block) {
      auto added = add_block(**file, block, first);
      if (!added) return base::fail(placed(added.error(), where + ": "));
      first += (*file)->block_rows()[block];
    }
    return {};
  }

  FileRows take() { return std::move(rows_); }

 private:
  base::Error placed(const base::Error& error, const std::string& where) const {
    return bad_.is_told(error) ? error : base::Error(error.kind(), where + error.message());
  }

  Result<void> add_block(DataFile& file, size_t block, int64_t first) {
    CRESSET_TRY(batch, file.read(block, layout_.names));
    const Place place = [&](int64_t row) { return file.numbers().place(first + row); };
    const size_t width = layout_.features.size(), before = rows_.values.size();
    rows_.values.resize(before + static_cast<size_t>(batch->num_rows()) * width);
    std::vector<Cells> columns;
    for (const auto& source : layout_.features) columns.push_back(cells_in(*batch, source));
    for (int64_t begin = 0; begin < batch->num_rows(); begin += kTile) {
      for (auto& cells : columns) {
        cells.begin = begin;
        cells.rows = std::min(kTile, batch->num_rows() - begin);
      }
      CRESSET_CHECK(copy_features(
          columns, place, rows_.values.data() + before + static_cast<size_t>(begin) * width));
    }
    CRESSET_CHECK(add_labels(*batch, place));
    if (layout_.group) CRESSET_CHECK(append_groups(cells_in(*batch, *layout_.group), rows_.groups));
    rows_.rows += batch->num_rows();
    const auto out = bad_.finish_block();
    keep_origins(out, first, batch->num_rows());
    leave_out(out, batch->num_rows());
    return {};
  }

  Result<void> copy_features(const std::vector<Cells>& columns, const Place& place, float* into) {
    auto texts = texts_.begin();
    for (size_t c = 0; c < columns.size(); ++c, ++into)
      if (texts != texts_.end() && texts->column() == c)
        CRESSET_CHECK(copy_texts(columns[c], place, into, columns.size(), *texts++, bad_));
      else
        CRESSET_CHECK(copy_numbers(columns[c], place, into, columns.size(), bad_));
    return {};
  }

  Result<void> add_labels(const arrow::RecordBatch& batch, const Place& place) {
    if (request_.label_kind == LabelKind::kClasses)
      return append_labels(cells_in(batch, layout_.labels.front()), place, rows_.labels, bad_);
    const size_t width = layout_.labels.size(), before = rows_.targets.size();
    rows_.targets.resize(before + static_cast<size_t>(batch.num_rows()) * width);
    for (size_t c = 0; c < width; ++c)
      CRESSET_CHECK(copy_targets(cells_in(batch, layout_.labels[c]), place,
                                 request_.label_kind == LabelKind::kFlags,
                                 rows_.targets.data() + before + c, width, bad_));
    return {};
  }

  // Of `count` rows of the file from `first` on, but for those that are left out.
  void keep_origins(const std::vector<int64_t>& out, int64_t first, int64_t count) {
    int64_t next = 0;
    for (const int64_t row : out) {
      rows_.origins.add(first + next, row - next);
      next = row + 1;
    }
    rows_.origins.add(first + next, count - next);
  }

  // Of the last `count` rows, those of these numbers.
  void leave_out(const std::vector<int64_t>& rows, int64_t count) {
    if (rows.empty()) return;
    const auto begin = rows_.rows - count;
    if (request_.label_kind == LabelKind::kClasses)
      drop_labels(rows_.labels, static_cast<size_t>(begin), rows);
    else
      erase_rows(rows_.targets, layout_.labels.size(), begin, rows);
    if (layout_.group) erase_rows(rows_.groups, 1, begin, rows);
    erase_rows(rows_.values, layout_.features.size(), begin, rows);
    rows_.rows -= static_cast<int64_t>(rows.size());
  }

  const FilesRequest& request_;
  BadRows& bad_;
  Layout layout_;
  FileRows rows_;
  std::vector<TextPlaces> texts_;  // of rows_.texts
};

}  // namespace

Result<FileRows> read_files(Store& store, const FilesRequest& request, BadRows& bad) {
  const auto named = [&](const base::Error& error) {
    return base::fail(base::Error(error.kind(), request.field + error.message()));
  };
  const auto uris = find_files(store, request.uri);
  if (!uris) return named(uris.error());
  Reading reading(request, bad);
  std::vector<std::string> digests;
  size_t left = request.max_bytes;
  for (const auto& uri : *uris) {
    auto bytes = store.read(uri, left);
    if (!bytes) return named(bytes.error());
    left -= bytes->size();
    digests.push_back("sha256:" + base::sha256(*bytes));
    CRESSET_CHECK(reading.add(uri, std::move(*bytes)));
  }
  auto rows = reading.take();
  rows.digest = digest_of_set(*uris, digests);
  if (rows.rows == 0)
    return base::fail(base::invalid(request.field + request.uri + ": it has no rows" +
                                    (bad.count() > 0 ? " that can be used" : "")));
  return rows;
}

}  // namespace cresset::data
