#include "worker/device/heap.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstring>
#include <memory>

namespace cresset::device {
namespace {

constexpr size_t kBytes = 48 << 20;  // more than what glibc ever keeps by itself

// Of blocks that are made, written and freed one after another.
long faults_of(int blocks) {
  rusage before = {}, after = {};
  getrusage(RUSAGE_SELF, &before);
  for (int i = 0; i < blocks; ++i) {
    const std::unique_ptr<char[]> block(new char[kBytes]);
    std::memset(block.get(), i, kBytes);
    // What is written must be looked at, or the compiler leaves all of it out.
    EXPECT_EQ(block[kBytes / 2], static_cast<char>(i));
  }
  getrusage(RUSAGE_SELF, &after);
  return after.ru_minflt - before.ru_minflt;
}

#ifndef __SANITIZE_ADDRESS__  // which has an allocator of its own
TEST(FreedMemory, IsKeptForTheNextBlockAndNotAskedOfTheKernelAgain) {
  const long page_by_page = faults_of(1);
  keep_freed_memory();
  faults_of(1);
  EXPECT_LT(faults_of(10), page_by_page / 10);
}
#endif

}  // namespace
}  // namespace cresset::device
