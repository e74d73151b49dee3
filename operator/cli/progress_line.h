#pragma once
// What a person sees while a job runs: one line of a worker's progress, and how numbers are put in
// it. Pure.

#include <string>

#include "crds/worker_contract/coordination.h"

namespace cresset::cli {

// "step 120/400  epoch 2/5  loss 0.1234  1,250 samples/s  0:42 left"; parts that are not known yet
// are left out.
std::string progress_line(const worker_contract::Progress& progress, int64_t epochs);
// The same behind a bar, "[######..............]  step 120/400 …", no wider than so many columns: a
// narrow terminal has no bar, a very narrow one the line's beginning.
std::string progress_bar(const worker_contract::Progress& progress, int64_t epochs, size_t columns);
// "0.1235"; "12,500".
std::string decimal(double value, int digits);
std::string grouped(double value);
// "1:02:03", "0:07".
std::string clock_text(int64_t seconds);
// "accuracy 0.9712, loss 0.0931"
std::string metrics_text(const std::map<std::string, double>& metrics);

}  // namespace cresset::cli
