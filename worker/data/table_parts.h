#pragma once
// The parts that reading a table whole (table.h) and reading one block by block (streamed_table.h)
// are made of. Functions, private to this folder.

#include <string>
#include <vector>

#include "operator/base/result.h"
#include "worker/data/read_files.h"
#include "worker/data/table.h"

namespace cresset::data {

// What a message begins with: "spec.training.data.train.uri: " or nothing.
std::string named(const TableRequest& request);

// Which of the columns of a file are features, labels and the group.
base::Result<ChosenColumns> choose_columns(const TableRequest& request,
                                           const std::vector<std::string>& names);

// What to read of the files. `columns` become those that were chosen; both outlive what is
// returned.
FilesRequest files_request(const TableRequest& request, ChosenColumns& columns);

// The table of rows that were read so.
base::Result<Table> table_of(FileRows read, const TableRequest& request,
                             const ChosenColumns& columns);

}  // namespace cresset::data
