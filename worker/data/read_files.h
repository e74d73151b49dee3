#pragma once
// All files of a data set laid end to end: numbers as row-major floats, labels as they stand there.
// Each file is fetched, added and let go before the next one; all must have the same columns, in
// any order. Rows that cannot be used are left out and counted. On the caller's thread and Arrow's
// pool. Private to this folder; table.h is what others see.

#include <functional>
#include <string>
#include <vector>

#include "crds/worker_contract/data_files_spec.h"
#include "operator/base/result.h"
#include "worker/data/arrow_columns.h"

namespace cresset::data {

class Store;

// Which of the columns to read, told all their names: the features in their order, then the label,
// then the group if there is one.
using ChooseColumns =
    std::function<base::Result<std::vector<std::string>>(const std::vector<std::string>& names)>;

struct FilesRequest {
  std::string uri;    // of a file, a folder or a glob
  std::string field;  // what errors begin with: "spec.training.data.train.uri: ", or nothing
  size_t max_bytes;   // of all files together
  ChooseColumns choose;
  bool grouped = false;
  worker_contract::ImagesSpec images;
};

struct FileRows {
  std::string digest;  // file_set.h
  int64_t files = 0;
  int64_t rows = 0;
  std::vector<float> values;  // rows × features
  RawLabels labels;
  std::vector<uint64_t> groups;  // of a grouped request
};
base::Result<FileRows> read_files(Store& store, const FilesRequest& request, BadRows& bad);

}  // namespace cresset::data
