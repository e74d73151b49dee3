#include "worker/device/threads.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>

namespace cresset::device {

namespace {

// The kubelet turns a request of one CPU into the weight 39; newer runtimes into 100.
constexpr int kWeightOfOneCpu = 39;
// cgroup v1 counts 1024 shares a CPU, which is also what a container without a request gets.
constexpr int kSharesOfOneCpu = 1023;

std::optional<double> number_in(const std::string& path) {
  std::ifstream file(path);
  double value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

// cgroup v2: "QUOTA PERIOD" or "max PERIOD" in one file; v1: two files, a quota of -1 is none.
std::optional<int> limit_of(const std::string& root) {
  std::ifstream file(root + "/cpu.max");
  double quota = 0, period = 0;
  if (!(file >> quota >> period)) {
    quota = number_in(root + "/cpu/cpu.cfs_quota_us").value_or(-1);
    period = number_in(root + "/cpu/cpu.cfs_period_us").value_or(0);
  }
  if (quota <= 0 || period <= 0) return std::nullopt;
  return std::max(1, static_cast<int>(quota / period));
}

bool asked_for_one(const std::string& root) {
  if (const auto weight = number_in(root + "/cpu.weight")) return *weight <= kWeightOfOneCpu;
  const auto shares = number_in(root + "/cpu/cpu.shares");
  return shares && *shares <= kSharesOfOneCpu;
}

}  // namespace

int compute_threads(int processes, int cores, const std::string& asked,
                    const std::string& cgroup_root) {
  const int wanted = std::atoi(asked.c_str());
  if (wanted > 0) return wanted;
  if (const auto limit = limit_of(cgroup_root))
    cores = std::min(cores, *limit);
  else if (asked_for_one(cgroup_root))
    cores = 1;
  return std::max(1, cores / std::max(1, processes));
}

}  // namespace cresset::device
