// Reads a data set whole, as a worker does before its first step, and prints how many rows that
// were and the seconds it took: what `./dev bench data` holds beside other readers.
//
//   read_rows URI LABEL [ENDPOINT]     (keys of S3 from the environment)

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "worker/data/store.h"
#include "worker/data/table.h"

int main(int argc, char** argv) {
  using cresset::data::Store;
  if (argc < 3) {
    std::fprintf(stderr, "usage: read_rows URI LABEL [ENDPOINT]\n");
    return 2;
  }
  cresset::worker_contract::StorageSpec storage;
  if (argc > 3) storage.endpoint = argv[3];
  Store store(storage, cresset::data::credentials_from_environment());
  const auto begun = std::chrono::steady_clock::now();
  const auto table = cresset::data::read_table(store, {.uri = argv[1], .label = argv[2]});
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
  if (!table) {
    std::fprintf(stderr, "%s\n", table.error().message().c_str());
    return 1;
  }
  std::printf("{\"rows\": %lld, \"columns\": %zu, \"seconds\": %.6f}\n",
              static_cast<long long>(table->rows), table->columns.size(), taken.count());
  std::fflush(stdout);
  std::_Exit(0);  // Arrow's S3 does not outlive a static destructor
}
