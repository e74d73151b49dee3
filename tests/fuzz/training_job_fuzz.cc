// Any bytes as a TrainingJob: it is read or refused in words; a valid one is written and read again
// as itself, is readable by the worker, and is the same without what is null; a status that was
// written once is always written alike.

#include "crds/training_job.h"

#include <algorithm>

#include "crds/worker_contract/worker_config.h"
#include "tests/fuzz/target.h"

namespace {

using cresset::base::Json;
using cresset::crds::decode_training_job;
using cresset::crds::TrainingJob;
using cresset::fuzz::kPlanted;
using cresset::fuzz::require;
using cresset::fuzz::sent;

constexpr size_t kLongest = 2048;
constexpr size_t kLongestName = 253;

void require_same(const TrainingJob& a, const TrainingJob& b) {
  require(!a.invalid && !b.invalid);
  require(a.framework == b.framework && a.workers == b.workers && a.config == b.config);
  require(a.failure_policy == b.failure_policy && a.managed_by == b.managed_by);
  require(a.suspend == b.suspend && a.clean_up_policy == b.clean_up_policy);
  require(a.active_deadline_seconds == b.active_deadline_seconds);
  require(a.pending_deadline_seconds == b.pending_deadline_seconds);
  require(a.progress_deadline_seconds == b.progress_deadline_seconds);
  require(a.ttl_seconds_after_finished == b.ttl_seconds_after_finished);
  require(a.ttl_seconds_after_failed == b.ttl_seconds_after_failed);
}

Json written(const TrainingJob& job) {
  Json spec = cresset::crds::encode_spec(job);
  if (kPlanted && job.config.output_uri.size() > 20) spec.erase("output");
  return sent(spec);
}

void check_spec(const TrainingJob& job, Json object) {
  const auto& name = job.config;
  if (std::max({name.ns.size(), name.name.size(), name.uid.size()}) > kLongestName) return;
  const auto told = cresset::worker_contract::decode_worker_config(sent(encode(job.config)));
  require(told.has_value() && *told == job.config);
  object["spec"] = cresset::fuzz::without_nulls(object["spec"]);
  require_same(*decode_training_job(object), job);
  object["spec"] = written(job);
  const auto again = decode_training_job(object);
  require_same(*again, job);
  require(written(*again) == object["spec"]);
}

void check_status(const TrainingJob& job) {
  using cresset::crds::decode_training_job_status;
  const Json once = sent(encode(job.status));
  require(sent(encode(decode_training_job_status(once))) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kLongest) return 0;
  const auto object = cresset::base::parse_json(cresset::fuzz::view(data, size));
  if (!object) return 0;
  const auto job = decode_training_job(*object);
  if (!job) {
    require(!job.error().message().empty());
    return 0;
  }
  check_status(*job);
  if (job->invalid)
    require(!job->invalid->message().empty() && cresset::base::is_terminal(*job->invalid));
  else
    check_spec(*job, *object);
  return 0;
}
