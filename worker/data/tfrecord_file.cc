// TFRecord of tf.train.Example: features are columns. A list of one value is that value; of more, a
// list that is as long in every record.
#include "worker/data/core/example.h"
#include "worker/data/core/tfrecord.h"
#include "worker/data/data_file.h"
#include "worker/data/growing_columns.h"

namespace cresset::data {

using base::Result;

namespace {

Result<void> take(std::string_view record, GrowingColumns& columns) {
  CRESSET_TRY(example, parse_example(record));
  std::vector<RowValue> row;
  for (auto& [name, feature] : example)
    row.push_back({.name = name,
                   .list = feature.numbers.size() + feature.texts.size() > 1,
                   .numbers = std::move(feature.numbers),
                   .texts = std::move(feature.texts)});
  return columns.append(row);
}

}  // namespace

OpenedFile open_tfrecord(const std::string& bytes, BadRows& bad) {
  CRESSET_TRY(records, split_tfrecords(bytes));
  GrowingColumns columns(bytes.size());
  RowNumbers taken("record");
  for (size_t i = 0; i < records.size() && !columns.too_sparse(); ++i) {
    const auto number = static_cast<int64_t>(i) + 1;
    if (auto took = take(records[i], columns); took)
      taken.add(number);
    else
      CRESSET_CHECK(bad.add(
          [&] { return "record " + std::to_string(number) + ": " + took.error().message(); }));
  }
  CRESSET_TRY(table, columns.finish());
  return WholeFile::make(table, std::move(taken));
}

}  // namespace cresset::data
