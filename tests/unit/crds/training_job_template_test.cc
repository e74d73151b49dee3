#include <gmock/gmock.h>

#include "crds/training_job.h"

namespace cresset::crds {
namespace {

using base::Json;
using ::testing::HasSubstr;

TrainingJob job_with(const Json& pod_template, const Json& status = Json::object()) {
  const Json spec{
      {"workers", {{"template", pod_template}}},
      {"training", {{"data", {{"train", {{"uri", "s3://data/points.csv"}}}, {"label", "side"}}}}},
      {"output", {{"uri", "s3://models/points"}}}};
  return *decode_training_job(
      {{"metadata", {{"name", "digits"}}}, {"spec", spec}, {"status", status}});
}

const Json kTooLarge{{"metadata", {{"annotations", {{"a", std::string(131072, 'x')}}}}}};
const Json kNeverEnds{{"spec", {{"restartPolicy", "Always"}}}};

TEST(ATemplateOfWorkers, ThatNoJobCanBeMadeOfIsRefused) {
  EXPECT_THAT(job_with(kTooLarge).invalid->message(), HasSubstr("spec.workers.template has "));
  EXPECT_THAT(job_with(kNeverEnds).invalid->message(),
              HasSubstr("spec.workers.template.spec.restartPolicy is \"Always\""));
}

TEST(ATemplateOfWorkers, IsTakenForAJobThatWasBegunWithIt) {
  for (const Json& pod_template : {kTooLarge, kNeverEnds})
    for (const Json& status : {Json{{"round", 1}}, Json{{"templateDigest", "sha256:abc"}}})
      EXPECT_FALSE(job_with(pod_template, status).invalid) << status;
}

}  // namespace
}  // namespace cresset::crds
