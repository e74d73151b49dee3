#include "worker/device/heap.h"

#include <malloc.h>

namespace cresset::device {

void keep_freed_memory() {
  malloc_trim(0);
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
}

}  // namespace cresset::device
