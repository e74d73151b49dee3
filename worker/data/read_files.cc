#include "worker/data/read_files.h"

#include "operator/base/digest.h"
#include "worker/data/data_file.h"
#include "worker/data/file_set.h"
#include "worker/data/row_reader.h"
#include "worker/data/store.h"

namespace cresset::data {

using base::Result;

namespace {

Result<void> add_file(RowReader& reader, const std::string& uri, std::string bytes, BadRows& bad) {
  const auto& request = reader.request();
  bad.begin_file(request.field, uri);
  auto file = open_data_file(
      uri, std::move(bytes),
      {.max_bytes = request.max_bytes, .images = request.images, .is_text = request.is_text}, bad);
  if (!file) return base::fail(RowReader::placed(file.error(), request.field, bad));
  CRESSET_CHECK(reader.begin(uri, **file, bad));
  for (size_t block = 0; block < (*file)->block_rows().size(); ++block)
    CRESSET_CHECK(reader.add(**file, block, bad));
  return {};
}

}  // namespace

Result<FileRows> read_files(Store& store, const FilesRequest& request, BadRows& bad) {
  const auto named = [&](const base::Error& error) {
    return base::fail(base::Error(error.kind(), request.field + error.message()));
  };
  const auto uris = find_files(store, request.uri);
  if (!uris) return named(uris.error());
  RowReader reader(request);
  std::vector<std::string> digests;
  size_t left = request.max_bytes;
  for (const auto& uri : *uris) {
    auto bytes = store.read(uri, left);
    if (!bytes) return named(bytes.error());
    left -= bytes->size();
    digests.push_back("sha256:" + base::sha256(*bytes));
    CRESSET_CHECK(add_file(reader, uri, std::move(*bytes), bad));
  }
  auto rows = reader.take();
  rows.digest = digest_of_set(*uris, digests);
  if (rows.rows == 0)
    return base::fail(base::invalid(request.field + request.uri + ": it has no rows" +
                                    (bad.count() > 0 ? " that can be used" : "")));
  return rows;
}

}  // namespace cresset::data
