#pragma once
// Bytes of a CSV or Parquet file as an Arrow table. Private to this folder: the only users are
// table.cc and its neighbours.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "operator/base/result.h"

namespace arrow {
class Table;
}

namespace cresset::data {

// Which of a file's columns to read (in this order), told all their names.
using ChooseColumns =
    std::function<base::Result<std::vector<std::string>>(const std::vector<std::string>& names)>;

// `uri` is for errors, which begin with it, and its end tells the format.
base::Result<std::shared_ptr<arrow::Table>> read_arrow_table(const std::string& uri,
                                                             const std::string& bytes,
                                                             const ChooseColumns& choose);

}  // namespace cresset::data
