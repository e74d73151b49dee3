// Whole runs on a GPU; label gpu. Where CUDA finds none they fail and say why. What they are held
// to is the CPU's run of the same job.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "tests/unit/worker/model/networks/script.h"
#include "tests/unit/worker/train/group_of_workers.h"
#include "tests/unit/worker/train/weights.h"
#include "worker/device/device.h"
#include "worker/model/model.h"
#include "worker/train/augment.h"
#include "worker/train/image_bytes.h"
#include "worker/train/session.h"

namespace cresset::train::gpu_test {
namespace {

using testing::HasSubstr;
using worker_contract::ReshapeStep;

const c10::Device kGpu(c10::DeviceType::CUDA, 0);

struct Network {
  const char* name;
  worker_contract::ModelSpec spec;
  std::vector<int64_t> shape;  // of a sample; {}: two columns
  double tolerance = 2e-3;     // of the loss: sums are made in another order
};

const Network kMlp{"mlp", {.architecture = "mlp", .hidden = {16}}, {}};
const Network kNetworks[] = {kMlp,
                             {"cnn", {.architecture = "cnn", .channels = {8, 16}}, {1, 9, 9}, 1e-2},
                             {"resnet", {.architecture = "resnet", .width = 8}, {1, 9, 9}, 3e-2},
                             {"transformer",
                              {.architecture = "transformer",
                               .width = 16,
                               .layers = 2,
                               .heads = 2,
                               .feed_forward = 32,
                               .vocabulary_size = 5,
                               .padding_token = 0},
                              {8}},
                             {"gpt",
                              {.architecture = "gpt",
                               .width = 16,
                               .layers = 2,
                               .heads = 2,
                               .feed_forward = 32,
                               .vocabulary_size = 5},
                              {8}},
                             {"torchscript", {.architecture = "torchscript"}, {2}}};

class Gpu : public Workers {
 protected:
  void SetUp() override {
    const auto visible = device::look_for_gpus();
    ASSERT_GT(visible.gpus, 0) << "these tests need a GPU: " << visible.why_none;
    Workers::SetUp();
    config_.training.model.dropout = 0;  // each device draws its own
  }
  void train(const Network& network) {
    if (network.shape.empty()) return;
    const bool tokens = network.spec.vocabulary_size > 0;
    int64_t columns = 1;
    for (const int64_t size : network.shape) columns *= size;
    std::ofstream csv(folder_ + "/points.csv");
    std::mt19937 random(5);
    for (int64_t c = 0; c < columns; ++c) csv << "c" << c << ",";
    csv << "label\n";
    for (int row = 0; row < 200; ++row) {
      const auto kind = random() % 3;
      for (int64_t c = 0; c < columns; ++c)
        csv << (tokens ? 1 + (kind + static_cast<unsigned>(c)) % 4 : random() % 100 + 60 * kind)
            << ",";
      csv << (tokens ? 1 + kind : kind) << "\n";
    }
    config_.training.model = network.spec;
    if (network.spec.architecture == "torchscript") {
      at::manual_seed(1);
      std::ofstream(folder_ + "/net.pt", std::ios::binary)
          << model::networks::saved(model::networks::small_script(2, 3));
      config_.training.model.uri = uri("net.pt");
    }
    config_.training.data.label = "label";
    config_.training.batch_size = 32;
    if (tokens) config_.training.preprocess.clear();
    if (!tokens) config_.training.preprocess.push_back(ReshapeStep{.shape = network.shape});
  }
  // The losses that were told, the last one's metrics and the weights.
  struct Run {
    std::vector<double> losses;
    std::map<std::string, double> metrics;
    std::string weights;
  };
  Run run_on(const c10::Device& device, int round = 1) {
    forget_models();
    if (round == 1) forget_checkpoints();
    int fds[2];
    EXPECT_EQ(::pipe(fds), 0);
    const RankContext context{.round = round, .progress_fd = fds[1]};
    if (device.is_cuda()) device::use(static_cast<int>(device.index()));
    device::use_deterministic_operations(config_.training.deterministic);
    const auto done = Session(config_, context, device, base::silent()).run();
    device::use_deterministic_operations(false);
    ::close(fds[1]);
    EXPECT_TRUE(done) << done.error().message();
    progress_ = ::fdopen(fds[0], "r");
    Run run;
    while (const auto told = next_progress()) {
      if (told->step > 0) run.losses.push_back(told->loss);
      run.metrics = told->metrics;
    }
    if (done) run.weights = weights_of(1);
    return run;
  }
};

class GpuNetwork : public Gpu, public testing::WithParamInterface<Network> {};

TEST_P(GpuNetwork, LearnsWhatItLearnsOnTheCpuWithinATolerance) {
  train(GetParam());
  const auto there = run_on(kGpu), here = run_on(at::kCPU);
  ASSERT_FALSE(there.losses.empty());
  EXPECT_NEAR(there.losses.back(), here.losses.back(), GetParam().tolerance);
  for (const char* metric : {"loss", "logLoss"})
    EXPECT_NEAR(there.metrics.at(metric), here.metrics.at(metric), GetParam().tolerance) << metric;
}

TEST_P(GpuNetwork, GoesOnFromACheckpointWithTheSameBitsInDeterministicMode) {
  train(GetParam());
  config_.training.deterministic = true;
  config_.training.model.dropout = 0.1;
  config_.training.averaging.decay = 0.9;
  config_.training.epochs = 4;
  config_.checkpoint->every_steps = 13;
  const auto whole = run_on(kGpu);
  const auto resumed = run_on(kGpu, 2);
  EXPECT_EQ(resumed.weights, whole.weights);
  EXPECT_EQ(resumed.metrics, whole.metrics);
}

TEST_P(GpuNetwork, LearnsInBf16AndInFp16) {
  train(GetParam());
  const auto plain = run_on(kGpu);
  for (const char* precision : {"bf16", "fp16"}) {
    config_.training.precision = precision;
    const auto narrow = run_on(kGpu);
    EXPECT_NEAR(narrow.metrics.at("loss"), plain.metrics.at("loss"), 0.15) << precision;
  }
}

TEST_P(GpuNetwork, AnswersAsOnTheCpu) {
  train(GetParam());
  run_on(at::kCPU);
  const auto model = model::load_model(store_, uri("models/1"), "").value();
  const int64_t columns = model->signature().inputs.front().shape[1];
  std::vector<std::byte> bytes(static_cast<size_t>(5 * columns) * sizeof(float));
  std::mt19937 random(1);
  for (size_t at = 0; at < bytes.size(); at += sizeof(float)) {
    const auto value = static_cast<float>(1 + random() % 4);
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }
  const std::vector<model::HostTensor> inputs{
      {"input", model::Datatype::kFp32, {5, columns}, bytes, {}}};
  const auto here = model->run(inputs).value();
  model->move_to(kGpu);
  const auto there = model->run(inputs).value();
  for (size_t at = 0; at < here[0].bytes.size(); at += sizeof(float)) {
    float one = 0, other = 0;
    std::memcpy(&one, here[0].bytes.data() + at, sizeof one);
    std::memcpy(&other, there[0].bytes.data() + at, sizeof other);
    EXPECT_NEAR(one, other, 5e-3);
  }
  EXPECT_EQ(here[1].bytes, there[1].bytes) << "labels";
}

INSTANTIATE_TEST_SUITE_P(All, GpuNetwork, testing::ValuesIn(kNetworks),
                         [](const auto& info) { return info.param.name; });

TEST_F(Gpu, EachOptimizerLearnsWhatItLearnsOnTheCpu) {
  for (const char* name : {"sgd", "adam", "adamw", "adagrad", "lamb"}) {
    config_.training.optimizer.name = name;
    config_.training.optimizer.momentum = name == std::string("sgd") ? 0.9 : 0;
    EXPECT_LT(difference(run_on(kGpu).weights, run_on(at::kCPU).weights), 1e-3) << name;
  }
}

TEST_F(Gpu, WhatElseAStepDoesIsDoneThere) {
  config_.training.gradient = {.clip_norm = 0.5, .micro_batch_size = 7};
  config_.training.class_weights = {.strategy = "Balanced"};
  config_.training.label_smoothing = 0.1;
  config_.training.early_stopping = {.metric = "accuracy", .patience = 2};
  EXPECT_LT(difference(run_on(kGpu).weights, run_on(at::kCPU).weights), 1e-3);
}

TEST_F(Gpu, RowsAreStreamedToIt) {
  config_.training.data.streaming.shuffle_window = 30;
  EXPECT_LT(difference(run_on(kGpu).weights, run_on(at::kCPU).weights), 1e-3);
}

TEST_F(Gpu, WhyARunDivergedIsTold) {
  config_.training.optimizer = {.name = "sgd", .learning_rate = 1e30};
  const auto done = Session(config_, {}, kGpu, base::silent()).run();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message(), HasSubstr("not finite"));
}

TEST_F(Gpu, ImagesAreChangedThereToTheSameBits) {
  const worker_contract::AugmentSpec spec{
      .horizontal_flip = 0.5, .vertical_flip = 0.5, .crop_padding = 2};
  const auto images = at::randn({64, 3, 9, 7});
  const auto rows = at::arange(64, at::kLong);
  EXPECT_TRUE(
      augmented(spec, images.to(kGpu), rows, 3).cpu().equal(augmented(spec, images, rows, 3)));
}

TEST_F(Gpu, ImagesThatAreBytesTravelAsBytesAndAreTheSameFloats) {
  const auto bytes = at::randint(256, {40, 3, 5, 7}, at::kFloat);
  const model::Channels channels{.mean = {100, 110, 120}, .inverse = {0.02F, 0.03F, 0.04F}};
  const auto mean = at::tensor(channels.mean).view({3, 1, 1});
  const auto inverse = at::tensor(channels.inverse).view({3, 1, 1});
  const auto images = ImageBytes::of((bytes - mean) * inverse, channels);
  ASSERT_TRUE(images);
  const auto rows = at::tensor({3, 39, 0}, at::kLong);
  EXPECT_TRUE(images->rows(rows, kGpu).cpu().equal(images->rows(rows)));
}

// As a pod's: forked, and told by its configuration.
TEST_F(Gpu, AWorkerThatWasPromisedAGpuTakesItAndSaysSo) {
  config_.gpus = 1;
  run(1);
  std::ifstream log(folder_ + "/log0");
  const std::string text{std::istreambuf_iterator<char>(log), {}};
  EXPECT_THAT(text, HasSubstr("cuda:0, "));
  EXPECT_EQ(last_progress().state, worker_contract::WorkerState::kSucceeded);
}

}  // namespace
}  // namespace cresset::train::gpu_test
