#pragma once
// A table read from the files of a data set (formats: core/file_kind.h): the features as row-major
// floats (missing = NaN) and the labels as codes of a list of classes, or as numbers. A value. All
// of it is read, on threads of its own and Arrow's pool (read_files.h); errors name the field, the
// URI, the column (found and allowed) and the row.
//
//   CRESSET_TRY(train, read_table(store, {.uri = spec.train_uri, .label = spec.label}));

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "crds/worker_contract/data_files_spec.h"
#include "operator/base/json.h"
#include "operator/base/result.h"
#include "worker/data/core/row_origins.h"
#include "worker/data/label_kind.h"
#include "worker/data/text_column.h"

namespace cresset::data {

class BadRows;
class Store;

inline constexpr int64_t kMostClasses = 100000;

// What the codes 0 … size-1 stand for: whole numbers or texts, ascending.
struct Classes {
  bool integers = true;
  std::vector<int64_t> numbers;
  std::vector<std::string> texts;

  int64_t size() const { return static_cast<int64_t>(integers ? numbers.size() : texts.size()); }
  std::string name(int64_t code) const;
  bool operator==(const Classes&) const = default;
};
base::Json encode(const Classes& classes);  // [0, 1, 2] or ["left", "right"]
base::Result<Classes> decode_classes(const base::Json& json, const std::string& path);

struct Table {
  std::string uri;
  std::string digest;  // sha256:… of the file, or of the set of files (file_set.h)
  int64_t files = 0;
  std::vector<std::string> columns;
  int64_t rows = 0;
  std::vector<float> values;  // rows × columns
  LabelKind label_kind = LabelKind::kClasses;
  std::vector<int64_t> labels;  // codes, or numbers as they are (TableRequest::keeps_numbers)
  Classes classes;
  std::vector<std::string> label_columns;
  std::vector<double> targets;   // rows × label columns, of numbers and flags
  std::vector<uint64_t> groups;  // of each row's value in TableRequest::group, if there is one
  // Of the columns that hold texts, ascending. Tables of rows of one that was read share them.
  std::shared_ptr<const TextColumns> texts = std::make_shared<TextColumns>();
  RowOrigins origins;
};

struct TableRequest {
  std::string uri;  // of a file, a folder or a glob
  std::string label;
  std::vector<std::string> labels;  // globs of columns instead; of numbers and flags
  LabelKind label_kind = LabelKind::kClasses;
  std::vector<std::string> features;  // globs; empty = every column but these and the group
  std::vector<std::string> texts;     // globs of those that hold texts
  // A column that is no feature; equal values of it give equal numbers. "" = none.
  std::string group;
  // Which one tells the URI, as errors name it: "spec.training.data.train.uri"; "" = none.
  std::string field;
  // For validation data: exactly these columns in this order, and labels out of these classes.
  const Table* like = nullptr;
  // Labels that are whole numbers stay as they are, however many and whatever `like` has: they may
  // be no classes (code_labels()).
  bool keeps_numbers = false;
  size_t max_bytes = size_t{64} << 30;  // of all files together
  BadRows* bad_rows = nullptr;          // nullptr: a bad row is an error
  worker_contract::ImagesSpec images;
};
base::Result<Table> read_table(Store& store, const TableRequest& request);

// Makes codes of the table's classes of labels that were kept as they are; errors as read_table()'s
// without where they are. For the validation, `classes` are those of the training data.
base::Result<void> code_labels(Table& table, const std::string& label);

// Where a row stands, "row 7 (line 8)", and of which file if that is not all of the table.
std::string place_of(const Table& table, int64_t row);

// The rows at `indices`, in that order, without their groups.
Table take_rows(const Table& table, const std::vector<int64_t>& indices);

}  // namespace cresset::data
