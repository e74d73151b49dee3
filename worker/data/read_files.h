#pragma once
// All files of a data set laid end to end: numbers as row-major floats, labels as they stand there.
// Files are fetched and read several at once, some hundred MiB of them and one, as they are and as
// they are unpacked, and each is let go when it is read; what comes of it is the same however many
// are. All must have the same columns, in any order. Rows that cannot be used are left out and
// counted. On threads of its own and Arrow's pool. Private to this folder but for FileRows, which a
// scan shows (streamed_table.h); table.h is what others see.

#include <functional>
#include <string>
#include <vector>

#include "crds/worker_contract/data_files_spec.h"
#include "operator/base/result.h"
#include "worker/data/arrow_columns.h"
#include "worker/data/core/row_origins.h"
#include "worker/data/label_kind.h"
#include "worker/data/text_column.h"

namespace cresset::data {

class Store;

struct ChosenColumns {
  std::vector<std::string> features;  // in their order
  std::vector<std::string> labels;    // one of classes
  std::string group;                  // "" = none
};
// Which of the columns to read, told all their names.
using ChooseColumns =
    std::function<base::Result<ChosenColumns>(const std::vector<std::string>& names)>;

struct FilesRequest {
  std::string uri;    // of a file, a folder or a glob
  std::string field;  // what errors begin with: "spec.training.data.train.uri: ", or nothing
  size_t max_bytes;   // of all files together
  ChooseColumns choose;
  IsText is_text;  // nullptr: no column holds texts
  LabelKind label_kind = LabelKind::kClasses;
  worker_contract::ImagesSpec images;
  size_t threads = 0;  // that read files at once; 0: as many as there are (threads.h), 16 at most
  // What all of these may take for themselves but the one that is laid to the others next.
  size_t most_bytes_at_once = size_t{256} << 20;
};

struct FileRows {
  std::string digest;  // file_set.h
  int64_t files = 0;
  int64_t rows = 0;
  std::vector<float> values;     // rows × features
  RawLabels labels;              // of classes
  std::vector<double> targets;   // rows × labels, of any others
  std::vector<uint64_t> groups;  // of each row's value in the group
  std::vector<TextColumn> texts;
  RowOrigins origins;
};
base::Result<FileRows> read_files(Store& store, const FilesRequest& request, BadRows& bad);

}  // namespace cresset::data
