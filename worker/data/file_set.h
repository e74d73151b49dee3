#pragma once
// Which files a data set is: the one that a URI names, all of a folder, or those that a glob fits.
// They are in the order of their names, so that the rows are in the same order whoever reads them.
// In a glob, * is any run of characters but a slash; so no file with a * in its name can be named
// alone. In a folder (which a URI names with or without a slash at its end) files of folders within
// count too; names that begin with a dot or an underscore, which writers of many files leave beside
// them (_SUCCESS), are passed over, but not where a glob spells them. Pure values; find_files asks
// the store, on the caller's thread.
//
//   CRESSET_TRY(files, find_files(store, "s3://data/digits/part-*.parquet"));

#include <string>
#include <vector>

#include "operator/base/result.h"

namespace cresset::data {

class Store;

// URIs, at least one.
base::Result<std::vector<std::string>> find_files(Store& store, const std::string& uri);

// The digest of a data set by those of its files ("sha256:…"): of one file its own, of many that of
// the lines "DIGEST  NAME", as sha256sum prints them; a name is what of the URI comes after what
// all have in common up to a slash.
std::string digest_of_set(const std::vector<std::string>& uris,
                          const std::vector<std::string>& digests);

}  // namespace cresset::data
