#pragma once
// NoDescriptors: while it lives, the process has no file descriptor left: its limit is low, and all
// that there are below it are taken. The limit is given back at the end. One at a time, one thread.
//
//   NoDescriptors none;
//   none.give_back_one();   // for the one socket of the test
//   EXPECT_LT(none.cpu_seconds_of(1s), 0.2);

#include <sys/resource.h>

#include <chrono>
#include <vector>

namespace cresset::testing {

class NoDescriptors {
 public:
  NoDescriptors();
  ~NoDescriptors();
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

  void give_back_one();
  void give_back_all();
  // What all threads of the process use in the next `span`: near nothing when they wait.
  double cpu_seconds_of(std::chrono::milliseconds span) const;

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

}  // namespace cresset::testing
