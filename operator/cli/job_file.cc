#include "operator/cli/job_file.h"

#include "operator/base/file.h"
#include "operator/cli/yaml.h"
#include "operator/kube/core/resource.h"

namespace cresset::cli {

using base::Json;
using base::Result;

namespace {

constexpr size_t kMaxFileBytes = 1 << 20;

Result<void> check_kind(const Json& object) {
  const std::string version = kube::kTrainingJobs.api_version();
  if (!object.is_object())
    return base::fail(
        base::invalid("a TrainingJob is wanted, found " + std::string(base::type_name(object))));
  const std::string kind = base::text_at(object, "/kind");
  if (kind != kube::kTrainingJobs.kind)
    return base::fail(base::invalid("kind must be TrainingJob, found \"" + kind +
                                    "\"; cresset run trains, other kinds need a cluster"));
  const std::string found = base::text_at(object, "/apiVersion");
  if (found != version)
    return base::fail(base::invalid("apiVersion must be " + version + ", found \"" + found + "\""));
  return {};
}

std::string name_of(const YamlDocument& document) {
  const std::string kind = base::text_at(document.value, "/kind");
  const std::string name = base::text_at(document.value, "/metadata/name");
  if (kind.empty()) return "a document without kind";
  return name.empty() ? kind : kind + "/" + name;
}

// The one TrainingJob; a file may hold others beside it, such as the ModelService of its model.
Result<YamlDocument> the_job(std::vector<YamlDocument> documents) {
  if (documents.size() == 1) return std::move(documents.front());
  std::string found;
  YamlDocument* job = nullptr;
  int jobs = 0;
  for (auto& document : documents) {
    found += (found.empty() ? "" : ", ") + name_of(document);
    if (base::text_at(document.value, "/kind") != kube::kTrainingJobs.kind) continue;
    job = &document;
    ++jobs;
  }
  if (jobs == 1) return std::move(*job);
  return base::fail(
      base::invalid("one TrainingJob is wanted, found " + (found.empty() ? "nothing" : found)));
}

// The API server refuses what the schema does not know; here nobody else does.
Result<void> check_top_level(const Json& object) {
  base::Reader top(object, "");
  for (const char* key : {"apiVersion", "kind", "metadata", "spec", "status"}) top.any(key);
  return top.finish();
}

}  // namespace

Result<crds::TrainingJob> parse_job(const std::string& text, std::optional<int> workers,
                                    const std::string& uid) {
  CRESSET_TRY(documents, parse_yaml(text));
  CRESSET_TRY(document, the_job(std::move(documents)));
  const auto located = [&](const base::Error& error) {
    return base::fail(base::Error(error.kind(), document.locate(error.message())));
  };
  Json& object = document.value;
  if (const auto known = check_kind(object); !known) return located(known.error());
  if (const auto known = check_top_level(object); !known) return located(known.error());
  if (!object.contains("spec")) return base::fail(base::invalid("spec is required"));
  if (workers && object["spec"].is_object() && !object["spec"].contains("workers"))
    object["spec"]["workers"] = Json::object();
  if (workers && object["spec"].is_object() && object["spec"]["workers"].is_object())
    object["spec"]["workers"]["count"] = *workers;
  if (object.contains("metadata") && object["metadata"].is_object())
    object["metadata"]["uid"] = uid;
  auto job = crds::decode_training_job(object);
  if (!job) return located(job.error());
  if (job->invalid) return located(*job->invalid);
  if (job->framework != "Cresset")
    return located(base::unsupported("spec.framework must be Cresset to run here, found " +
                                     job->framework + "; the others need a cluster"));
  return job;
}

Result<crds::TrainingJob> read_job_file(const std::string& path, std::optional<int> workers,
                                        const std::string& uid) {
  CRESSET_TRY(text, base::read_file(path, kMaxFileBytes));
  auto job = parse_job(text, workers, uid);
  if (!job) return base::fail(std::move(job).error().with_context(path));
  return job;
}

}  // namespace cresset::cli
