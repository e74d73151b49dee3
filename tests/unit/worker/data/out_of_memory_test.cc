// What reading says when there is no memory, which is no fault of the file. This replaces the
// operators of the whole binary, by malloc as before, to let them fail for one thread.
#include <gmock/gmock.h>

#include <cstdlib>
#include <limits>
#include <new>

#include "worker/data/data_file.h"

namespace cresset::data::out_of_memory_test {
namespace {

constexpr size_t kAny = std::numeric_limits<size_t>::max();
thread_local size_t largest = kAny;

}  // namespace

void* allocate(size_t size) {
  void* memory = size > largest ? nullptr : std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

namespace {

TEST(OutOfMemory, IsNotToldAsAFaultOfTheFile) {
  const std::string header = "{'descr': '<f4', 'fortran_order': True, 'shape': (0, 1000000)}";
  const std::string bytes =
      std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header;
  BadRows bad;
  largest = 1 << 20;
  EXPECT_THROW(static_cast<void>(open_data_file("a.npy", bytes, {}, bad)), std::bad_alloc);
  largest = kAny;
}

}  // namespace
}  // namespace cresset::data::out_of_memory_test

void* operator new(size_t size) { return cresset::data::out_of_memory_test::allocate(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
