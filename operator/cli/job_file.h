#pragma once
// A TrainingJob's YAML file, read and checked as the API server and the operator would, so that the
// same file runs here and in a cluster; documents of other kinds beside it are passed over. Errors
// say file, line and field. Reads the file; else pure.

#include <optional>
#include <string>

#include "crds/training_job.h"

namespace cresset::cli {

// `workers` replaces spec.workers.count. The job's uid is `uid`, part of the checkpoints' path.
base::Result<crds::TrainingJob> read_job_file(const std::string& path, std::optional<int> workers,
                                              const std::string& uid);
base::Result<crds::TrainingJob> parse_job(const std::string& text, std::optional<int> workers,
                                          const std::string& uid);

}  // namespace cresset::cli
