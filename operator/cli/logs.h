#pragma once
// `cresset logs JOB`: what the workers of a TrainingJob wrote, merged by time, each line with its
// rank before it, in colours on a terminal unless NO_COLOR is set. With the rights of whom the
// kubeconfig names: get of trainingjobs, list of pods, get of pods/log. Blocks; called from main.
//
//   return cli::logs_command({.job = "digits", .follow = true});

#include <cstdint>
#include <optional>
#include <string>

namespace cresset::cli {

struct LogsOptions {
  std::string job;
  std::string kubeconfig;
  std::string extra_ca_file;
  std::string ns;  // "": the kubeconfig's
  bool follow = false;
  std::optional<int> rank;
  std::optional<int64_t> since_seconds;
  bool raw = false;
};

// As cluster.h: 0: shown, and a job that was followed is complete; 1: also when that one failed or
// was deleted, or logs of a pod could not be read.
int logs_command(const LogsOptions& options);

}  // namespace cresset::cli
