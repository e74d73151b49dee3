// Reads a data set as a worker does and prints how many rows that were and the seconds it took:
// what `./dev bench data` holds beside other readers.
//
//   read_rows HOW URI LABEL [ENDPOINT [CHANNELS HEIGHT WIDTH]]     (keys of S3 from the
//   environment)
//
// HOW is whole: all of it, as before the first step of a job; or streamed: block by block ahead of
// who takes them, as in the steps of a job that streams; `scan_seconds` are those of the scan that
// such a job begins with. ENDPOINT may be "". With a size, of images.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "worker/data/core/read_ahead.h"
#include "worker/data/store.h"
#include "worker/data/streamed_table.h"
#include "worker/data/table.h"

namespace {

using namespace cresset;
using base::Result;

constexpr size_t kMemory = size_t{1} << 30;
constexpr int64_t kLeastRows = 256;

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void tell(int64_t rows, size_t columns, double taken, double scan_taken) {
  std::printf("{\"rows\": %lld, \"columns\": %zu, \"seconds\": %.6f, \"scan_seconds\": %.6f}\n",
              static_cast<long long>(rows), columns, taken, scan_taken);
}

Result<void> read_whole(data::Store& store, const data::TableRequest& request) {
  const double begun = seconds();
  CRESSET_TRY(table, data::read_table(store, request));
  tell(table.rows, table.columns.size(), seconds() - begun, 0);
  return {};
}

Result<void> scan(data::StreamedTable& table) {
  data::BadRows bad;
  const std::atomic<bool> stop = false;
  std::vector<data::ScannedFile> files;
  for (size_t file = 0; file < table.uris().size(); ++file) {
    CRESSET_TRY(scanned, table.scan(
                             file, bad, [](const auto&) { return Result<void>(); }, stop));
    files.push_back(std::move(scanned));
  }
  table.set_files(files, kLeastRows);
  return {};
}

Result<void> read_streamed(data::Store& store, const data::TableRequest& request) {
  const double begun = seconds();
  CRESSET_TRY(table, data::StreamedTable::open(store, request, kMemory));
  CRESSET_CHECK(scan(*table));
  const double scanned = seconds();
  const auto& blocks = table->blocks();
  const auto row_bytes = table->row_bytes(table->header().columns.size());
  data::ReadAhead<data::Table> ahead(
      {.parts_of = [](int64_t step) { return std::vector{static_cast<size_t>(step)}; },
       .bytes_of =
           [&](size_t block) { return data::StreamedTable::rows_of(blocks[block]) * row_bytes; },
       .load = [&](size_t block) { return table->read(blocks[block], table->header(), true); },
       .most_bytes = kMemory,
       .end_step = static_cast<int64_t>(blocks.size())},
      0);
  int64_t rows = 0;
  for (size_t block = 0; block < blocks.size(); ++block) {
    CRESSET_TRY(parts, ahead.parts_of(static_cast<int64_t>(block)));
    rows += parts.at(block)->rows;
  }
  tell(rows, table->header().columns.size(), seconds() - scanned, scanned - begun);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const std::string how = argc > 1 ? argv[1] : "";
  if (argc < 4 || (how != "whole" && how != "streamed")) {
    std::fprintf(stderr,
                 "usage: read_rows whole|streamed URI LABEL [ENDPOINT [CHANNELS HEIGHT WIDTH]]\n");
    return 2;
  }
  worker_contract::StorageSpec storage;
  if (argc > 4) storage.endpoint = argv[4];
  data::TableRequest request{.uri = argv[2], .label = argv[3]};
  if (argc > 7)
    request.images = {
        .height = std::atol(argv[6]), .width = std::atol(argv[7]), .channels = std::atol(argv[5])};
  data::Store store(storage, data::credentials_from_environment());
  const auto read = how == "whole" ? read_whole(store, request) : read_streamed(store, request);
  if (!read) {
    std::fprintf(stderr, "%s\n", read.error().message().c_str());
    return 1;
  }
  std::fflush(stdout);
  std::_Exit(0);  // Arrow's S3 does not outlive a static destructor
}
