#pragma once
// Trace: what passed the proxy, a JSON object a line, each with the milliseconds since it began.
// Any thread; a line is on the disk when add() returns, since the reader looks on while the run
// goes.

#include <chrono>
#include <fstream>
#include <mutex>
#include <string>

#include "operator/base/json.h"

namespace cresset::faults {

class Trace {
 public:
  explicit Trace(const std::string& path) : out_(path, std::ios::app) {}
  void add(base::Json line);
  bool good() const { return out_.good(); }

 private:
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::ofstream out_;
};

}  // namespace cresset::faults
