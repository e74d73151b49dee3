#include "operator/cli/job_file.h"

#include <gtest/gtest.h>

namespace cresset::cli {
namespace {

const std::string kJob = R"(apiVersion: cresset.dev/v1alpha1
kind: TrainingJob
metadata:
  name: points
spec:
  workers: {count: 2}
  training:
    model: {architecture: mlp, parameters: {hidden: [16]}}
    data:
      train: {uri: file:///data/points.csv}
      label: side
    epochs: 20
    batchSize: 32
  output: {uri: file:///models}
)";

std::string changed(const std::string& from, const std::string& to) {
  std::string text = kJob;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(JobFile, IsReadAsTheClusterReadsIt) {
  const auto job = parse_job(kJob, std::nullopt, "local-1");
  ASSERT_TRUE(job) << job.error().message();
  EXPECT_EQ(job->meta.name, "points");
  EXPECT_EQ(job->workers.count, 2);
  EXPECT_EQ(job->config.training.epochs, 20);
  EXPECT_EQ(job->config.uid, "local-1");
  EXPECT_EQ(job->config.output_uri, "file:///models");
}

TEST(JobFile, TheFlagReplacesTheCount) {
  EXPECT_EQ(parse_job(kJob, 3, "u")->workers.count, 3);
  EXPECT_EQ(parse_job(kJob, 3, "u")->config.workers, 3);
  EXPECT_EQ(parse_job(changed("  workers: {count: 2}\n", ""), 4, "u")->workers.count, 4);
}

TEST(JobFile, WrongFieldsAreNamedWithTheirLine) {
  const std::tuple<std::string, std::vector<std::string>> rows[] = {
      {changed("epochs: 20", "epochs: many"),
       {"line 12", "spec.training.epochs", "integer", "many"}},
      {changed("epochs: 20", "epoch: 3"), {"line 12", "spec.training.epoch", "epochs"}},
      {changed("batchSize: 32", "batchSize: 0"),
       {"line 13", "spec.training.batchSize", "at least 1", "0"}},
      {changed("file:///data", "ftp:///data"), {"line 10", "spec.training.data.train.uri"}},
      {changed("  output: {uri: file:///models}\n", "  outputs: {uri: x}\n"), {"spec.output"}},
      {changed("kind: TrainingJob", "kind: ModelService"),
       {"line 2", "TrainingJob", "ModelService"}},
      {changed("v1alpha1", "v9"), {"line 1", "cresset.dev/v1alpha1", "v9"}},
      {changed("  name: points\n", "  labels: {}\n"), {"metadata.name"}},
      {changed("spec:\n", "spec:\n  framework: PyTorch\n"),
       {"line 6", "spec.framework", "PyTorch"}},
      {changed("metadata:\n", "extra: 1\nmetadata:\n"), {"line 3", "extra"}},
      {"just text", {"TrainingJob"}},
      {"[1, 2]", {"TrainingJob", "array"}},
      {"apiVersion: cresset.dev/v1alpha1\nkind: TrainingJob\nspec: [\n", {"line", "YAML"}},
      {"apiVersion: cresset.dev/v1alpha1\nkind: TrainingJob\nmetadata: {name: a}\n",
       {"spec is required"}},
      {"apiVersion: cresset.dev/v1alpha1\nkind: TrainingJob\nmetadata: {name: a}\nspec: 3\n",
       {"line 4", "spec"}}};
  for (const auto& [text, words] : rows) {
    const auto job = parse_job(text, std::nullopt, "u");
    ASSERT_FALSE(job) << text;
    for (const auto& word : words)
      EXPECT_NE(job.error().message().find(word), std::string::npos)
          << word << " is missing in: " << job.error().message();
  }
}

TEST(JobFile, DocumentsOfOtherKindsBesideTheJobArePassedOver) {
  const std::string service =
      "apiVersion: cresset.dev/v1alpha1\nkind: ModelService\nmetadata: {name: points}\n";
  const auto job = parse_job(service + "---\n" + kJob, std::nullopt, "u");
  ASSERT_TRUE(job) << job.error().message();
  EXPECT_EQ(job->meta.name, "points");
  const auto wrong = parse_job(service + "---\n" + changed("epochs: 20", "epoch: 3"), {}, "u");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message().find("line 16: spec.training.epoch"), 0U)
      << wrong.error().message();
}

TEST(JobFile, WithoutExactlyOneJobTheErrorListsWhatIsThere) {
  const std::string service = "kind: ModelService\nmetadata: {name: points}\n";
  const std::pair<std::string, std::string> rows[] = {
      {kJob + "---\n" + service + "---\n" + kJob,
       "TrainingJob/points, ModelService/points, TrainingJob/points"},
      {service + "---\nkind: Secret\n---\n[1]\n",
       "ModelService/points, Secret, a document without kind"},
      {"", "nothing"}};
  for (const auto& [text, found] : rows) {
    const auto job = parse_job(text, std::nullopt, "u");
    ASSERT_FALSE(job) << text;
    EXPECT_EQ(job.error().message(), "one TrainingJob is wanted, found " + found);
  }
}

TEST(JobFile, AMissingFileIsNamed) {
  const auto job = read_job_file("/nowhere/job.yaml", std::nullopt, "u");
  ASSERT_FALSE(job);
  EXPECT_NE(job.error().message().find("/nowhere/job.yaml"), std::string::npos);
}

}  // namespace
}  // namespace cresset::cli
