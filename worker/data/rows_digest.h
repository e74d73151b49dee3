#pragma once
// A number for what rows of a file hold, by which one knows whether they are still the same when
// the file is read again: values, labels and texts, wherever these stand in their list. The first
// eight bytes of a SHA-256, so the same on every machine. A function; private to this folder.
//
//   if (digest_of_rows(again, 0) != digest_of_rows(before, 0)) …   // the file changed

#include <cstdint>

#include "worker/data/read_files.h"

namespace cresset::data {

// Of the rows from `first` on.
uint64_t digest_of_rows(const FileRows& rows, int64_t first);

}  // namespace cresset::data
