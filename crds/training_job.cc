#include "crds/training_job.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

#include "crds/pod_template.h"

namespace cresset::crds {

using base::Json;
using base::Reader;
using base::Result;

namespace {

constexpr std::array<std::string_view, 1> kFrameworks{"Cresset"};
constexpr std::array<std::string_view, 3> kCleanUpPolicies{"None", "Running", "All"};
constexpr size_t kMaxManager = 63;
constexpr int64_t kMaxSeconds = 31536000;

std::optional<int> small(std::optional<int64_t> value) {
  if (!value) return std::nullopt;
  return static_cast<int>(*value);
}

void check_size(const Workers& workers, Reader& reader) {
  const auto refuse = [&](const std::string& field, const std::string& words, int a, int b) {
    reader.add_error(base::invalid(reader.path_of(field) + " must not be " + words + ", found " +
                                   std::to_string(a) + " and " + std::to_string(b)));
  };
  if (workers.min && workers.max && *workers.min > *workers.max)
    refuse("min", "above max", *workers.min, *workers.max);
  if (workers.min && workers.count < *workers.min)
    refuse("count", "below min", workers.count, *workers.min);
  if (workers.max && workers.count > *workers.max)
    refuse("count", "above max", workers.count, *workers.max);
}

Result<Workers> decode_workers(const Json& json, const std::string& path) {
  Workers workers;
  Reader reader(json, path);
  if (auto count = reader.integer("count", {1, 10000})) workers.count = static_cast<int>(*count);
  workers.min = small(reader.integer("min", {1, 10000}));
  workers.max = small(reader.integer("max", {1, 10000}));
  workers.processes_per_worker = small(reader.integer("processesPerWorker", {1, 64}));
  PodOptions pod;
  read_pod_options(reader, pod);
  workers.pod = std::move(pod);
  if (const Json* found = reader.object("template")) {
    reader.check(check_pod_template(*found, reader.path_of("template")));
    workers.pod_template = *found;
  }
  check_size(workers, reader);
  CRESSET_CHECK(reader.finish());
  return workers;
}

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Labels of a domain: lower case, digits, and dashes between them.
bool is_domain(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const bool inner = i > 0 && i + 1 < text.size() && text[i - 1] != '.' && text[i + 1] != '.';
    if (!is_alphanumeric(text[i]) && !(inner && (text[i] == '-' || text[i] == '.'))) return false;
  }
  return !text.empty();
}

// As in batch/v1: a domain, a slash and characters of a path.
bool is_manager(std::string_view text) {
  const size_t slash = text.find('/');
  return slash != text.npos && slash + 1 < text.size() && is_domain(text.substr(0, slash)) &&
         std::ranges::all_of(text.substr(slash + 1), [](unsigned char c) {
           return std::isalnum(c) != 0 || std::strchr("/-._~%!$&'()*+,;=:", c) != nullptr;
         });
}

void read_manager(Reader& reader, TrainingJob& job) {
  const auto manager = reader.text("managedBy", kMaxManager);
  if (!manager) return;
  job.managed_by = *manager;
  if (!is_manager(*manager))
    reader.add_error(
        base::invalid("spec.managedBy must be a domain and a path, as "
                      "acme.example/queue, found \"" +
                      *manager + "\""));
}

Result<void> decode_spec(const Json& spec, TrainingJob& job) {
  Reader reader(spec, "spec");
  if (auto framework = reader.one_of("framework", kFrameworks)) job.framework = *framework;
  read_manager(reader, job);
  if (const Json* workers = reader.object("workers")) {
    CRESSET_TRY(decoded, decode_workers(*workers, "spec.workers"));
    job.workers = std::move(decoded);
  }
  if (const Json* policy = reader.object("failurePolicy")) {
    CRESSET_TRY(decoded, decode_failure_policy(*policy, "spec.failurePolicy"));
    job.failure_policy = std::move(decoded);
  }
  job.suspend = reader.flag("suspend").value_or(false);
  job.active_deadline_seconds = reader.integer("activeDeadlineSeconds", {1, kMaxSeconds});
  job.pending_deadline_seconds = reader.integer("pendingDeadlineSeconds", {1, kMaxSeconds});
  job.progress_deadline_seconds = reader.integer("progressDeadlineSeconds", {10, 86400});
  job.clean_up_policy =
      reader.one_of("cleanUpPolicy", kCleanUpPolicies).value_or(job.clean_up_policy);
  job.ttl_seconds_after_finished = reader.integer("ttlSecondsAfterFinished", {0, kMaxSeconds});
  job.ttl_seconds_after_failed = reader.integer("ttlSecondsAfterFailed", {0, kMaxSeconds});
  // These belong to the worker too; worker_config_from_job reads them.
  for (const char* key : {"storage", "training", "checkpoint", "output"}) reader.any(key);
  if (job.failure_policy.refill_steps && !reader.has("checkpoint"))
    reader.add_error(base::invalid(
        "spec.failurePolicy.refillSteps needs spec.checkpoint, without which no step is kept"));
  return reader.finish();
}

}  // namespace

bool TrainingJob::managed_here() const { return managed_by.empty() || managed_by == kManager; }

bool TrainingJob::finished() const {
  return kube::is_true(status.conditions, "Complete") || kube::is_true(status.conditions, "Failed");
}

namespace {
Result<void> check_new_template(const Json& pod_template) {
  CRESSET_CHECK(check_worker_template(pod_template, "spec.workers.template"));
  return check_template_size(pod_template, "spec.workers.template");
}
}  // namespace

Result<TrainingJob> decode_training_job(const Json& object) {
  TrainingJob job;
  job.meta = kube::decode_meta(object, kube::none_is_read);
  if (job.meta.name.empty())
    return base::fail(base::invalid("metadata.name is required, found none"));
  static const Json kEmpty = Json::object();
  const Json* spec = base::find(object, "/spec");
  if (auto decoded = decode_spec(spec != nullptr ? *spec : kEmpty, job); !decoded)
    job.invalid = decoded.error();
  if (auto config = worker_contract::worker_config_from_job(object)) {
    job.config = std::move(*config);
  } else if (!job.invalid) {
    job.invalid = config.error();
  }
  if (const Json* status = base::find(object, "/status"))
    job.status = decode_training_job_status(*status);
  // One that was begun has its template kept already, and goes on with it.
  const bool begun = job.status.round > 0 || !job.status.template_digest.empty();
  if (!job.invalid && !begun)
    if (const auto checked = check_new_template(job.workers.pod_template); !checked)
      job.invalid = checked.error();
  return job;
}

}  // namespace cresset::crds
