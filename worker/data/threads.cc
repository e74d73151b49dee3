#include "worker/data/threads.h"

#include <arrow/util/thread_pool.h>

namespace cresset::data {

void use_threads(int threads) {
  // Which fails of none alone.
  static_cast<void>(arrow::SetCpuThreadPoolCapacity(threads));
}

}  // namespace cresset::data
