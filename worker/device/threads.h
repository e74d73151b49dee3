#pragma once
// How many threads a process should compute with: what the container may use, not what the machine
// has. An over-subscribed pool of spinning threads is the commonest cause of slow steps. Reads
// the cgroup files below `cgroup_root`, version 2 or 1; no state.

#include <string>

namespace cresset::device {

// `asked` (OMP_NUM_THREADS, for whoever knows better) when it is a number above 0; else the CPU
// limit (cpu.max, v1: cpu.cfs_quota_us), else one when the container asked for one CPU or less
// (cpu.weight, v1: for less than one, cpu.shares),
// else the machine's cores; divided by the processes that share it, at least one.
int compute_threads(int processes, int cores, const std::string& asked,
                    const std::string& cgroup_root = "/sys/fs/cgroup");

}  // namespace cresset::device
