// Our networks beside those of PyTorch, torchvision and Hugging Face's transformers: the names and
// shapes of their tensors, the weights after a seed, and the outputs for given weights, as
// tests/bench/references/networks.py prints them.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "operator/base/digest.h"
#include "tests/unit/worker/model/networks/networks.h"

namespace cresset::model::networks::reference_test {
namespace {

constexpr uint64_t kSeed = 7;

std::vector<base::Json> rows() {
  const char* root = std::getenv("CRESSET_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) +
                     "/tests/bench/references/networks.jsonl");
  std::vector<base::Json> rows;
  for (std::string line; std::getline(file, line);)
    if (!line.starts_with("#")) rows.push_back(base::parse_json(line).value());
  return rows;
}

std::vector<std::pair<std::string, at::Tensor>> tensors_of(const Layers& layers) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const auto& one : layers.module->named_parameters())
    tensors.emplace_back(one.key(), one.value());
  for (const auto& one : layers.module->named_buffers())
    tensors.emplace_back(one.key(), one.value());
  return tensors;
}

std::string digest_of(const Layers& layers) {
  std::string text;
  for (const auto& [name, tensor] : tensors_of(layers)) {
    std::string shape;
    for (int64_t size : tensor.sizes()) shape += (shape.empty() ? "" : ", ") + std::to_string(size);
    text += name + " [" + shape + "]\n";
  }
  return base::sha256(text);
}

// As networks.py does it.
void fill(const Layers& layers) {
  at::NoGradGuard no_grad;
  uint64_t seed = 0;
  for (auto& [name, tensor] : tensors_of(layers)) {
    at::manual_seed(seed++);
    if (name.ends_with("num_batches_tracked")) continue;
    if (tensor.dim() == 1 && (name.ends_with("weight") || name.ends_with("running_var")))
      tensor.uniform_(0.5, 1.5);
    else
      tensor.normal_(0, 0.05);
  }
}

at::Tensor samples_of(std::vector<int64_t> shape, int64_t vocabulary) {
  shape.insert(shape.begin(), 2);
  if (vocabulary > 0) return (at::arange(2 * shape[1]) * 7 % vocabulary).view(shape).to(at::kFloat);
  at::manual_seed(99);
  return at::randn(shape);
}

// Within 1e-4 of the largest output: batch norm over few values multiplies what rounding leaves,
// and images that lie in another order are summed in another one.
void expect_output(const Layers& layers, const at::Tensor& samples, const base::Json& wanted,
                   const std::string& what) {
  const auto found = layers.forward(samples).flatten();
  double largest = 1;
  for (const auto& value : wanted) largest = std::max(largest, std::abs(value.get<double>()));
  for (size_t i = 0; i < wanted.size(); ++i)
    EXPECT_NEAR(found[static_cast<int64_t>(i)].item<double>(), wanted[i].get<double>(),
                1e-4 * largest)
        << what << ", output " << i;
}

class References : public testing::TestWithParam<base::Json> {};

TEST_P(References, HaveOurNamesShapesAndInitialWeightsAndAnswerAsWeDo) {
  at::NoGradGuard no_grad;
  const base::Json& row = GetParam();
  const std::string what = row["architecture"].get<std::string>() + row["parameters"].dump();
  const auto spec = spec_of(row["architecture"], row["parameters"]);
  const auto shape = row["sample"].get<std::vector<int64_t>>();
  at::manual_seed(kSeed);
  const auto layers = build(spec, {.sample_shape = shape, .classes = row["classes"]});
  ASSERT_TRUE(layers) << layers.error().message();
  int64_t count = 0;
  double sum = 0;
  for (const auto& parameter : layers->module->parameters()) {
    count += parameter.numel();
    sum += parameter.to(at::kDouble).abs().sum().item<double>();
  }
  EXPECT_EQ(count, row["count"]) << what;
  EXPECT_EQ(digest_of(*layers), row["names"]) << what;
  if (row.contains("seeded")) {
    EXPECT_NEAR(sum, row["seeded"].get<double>(), 1e-8 * sum) << what;
  }
  if (!row.contains("evaluated")) return;
  fill(*layers);
  const auto samples = samples_of(shape, spec.vocabulary_size);
  layers->module->eval();
  expect_output(*layers, samples, row["evaluated"], what + " evaluated");
  layers->module->train();
  expect_output(*layers, samples, row["trained"], what + " in training");
}

INSTANTIATE_TEST_SUITE_P(Networks, References, testing::ValuesIn(rows()));

TEST(ReferenceTable, HasTheFiguresThatArePublished) {
  std::vector<int64_t> counts;
  for (const auto& row : rows()) counts.push_back(row["count"]);
  for (const int64_t published : {11689512, 21797672, 25557032, 124439808})
    EXPECT_THAT(counts, testing::Contains(published));
}

}  // namespace
}  // namespace cresset::model::networks::reference_test
