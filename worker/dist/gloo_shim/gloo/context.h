#pragma once
// Declarations only, in the shape of gloo's own headers, which PyTorch's wheel leaves out although
// libtorch_cpu.so holds the code: enough for <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>,
// which keeps these by pointer and never by value. No gloo object is made in our translation units.

#include <chrono>

namespace gloo {

class Context {
 public:
  virtual ~Context();
  void setTimeout(std::chrono::milliseconds timeout);
};

}  // namespace gloo
