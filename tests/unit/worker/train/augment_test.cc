#include "worker/train/augment.h"

#include <gmock/gmock.h>

#include <set>

#include "tests/unit/worker/train/group_of_workers.h"
#include "tests/unit/worker/train/weights.h"
#include "worker/data/core/sharding.h"

namespace cresset::train::augment_test {
namespace {

using worker_contract::AugmentSpec;

const AugmentSpec kAll{.horizontal_flip = 0.5, .vertical_flip = 0.25, .crop_padding = 3};

// What torchvision does: padded with zeros, a window of the image's own size, then the flips.
at::Tensor by_hand(const at::Tensor& image, const Change& change, int64_t padding) {
  auto cut = at::constant_pad_nd(image, {padding, padding, padding, padding}, 0)
                 .narrow(1, padding - change.down, image.size(1))
                 .narrow(2, padding - change.right, image.size(2));
  if (change.mirrored) cut = cut.flip({2});
  return change.upside_down ? cut.flip({1}) : cut;
}

TEST(Augment, CropsAndFlipsAsTorchvisionDoes) {
  const auto images = at::arange(1, 64 * 2 * 5 * 7 + 1, at::kFloat).view({64, 2, 5, 7});
  const auto rows = at::arange(100, 164, at::kLong);
  const auto changed = augmented(kAll, images, rows, 9);
  for (int64_t i = 0; i < 64; ++i)
    EXPECT_TRUE(changed[i].equal(by_hand(images[i], change_of(kAll, 100 + i, 9), 3))) << i;
}

TEST(Augment, ByIndicesTheBitsAreTheSame) {
  const auto images = at::randn({64, 3, 5, 7});
  const auto rows = at::arange(100, 164, at::kLong);
  EXPECT_TRUE(augmented_by_indices(kAll, images, rows, 9).equal(augmented(kAll, images, rows, 9)));
  EXPECT_TRUE(augmented(kAll, images.to(at::kMeta), rows, 9).is_meta());
}

TEST(Augment, OfARowIsTheSameInWhateverBatchItStands) {
  const auto images = at::rand({8, 1, 6, 6});
  const auto rows = at::tensor({5, 3, 8, 1, 2, 7, 4, 6}, at::kLong);
  const auto whole = augmented(kAll, images, rows, 1);
  const auto part = augmented(kAll, images.narrow(0, 3, 2), rows.narrow(0, 3, 2), 1);
  EXPECT_TRUE(part.equal(whole.narrow(0, 3, 2)));
}

TEST(Augment, ChangesAsManyAsItIsToldAndMovesThemToAllSides) {
  int64_t mirrored = 0, upside_down = 0;
  std::set<std::pair<int64_t, int64_t>> moves;
  for (int64_t row = 0; row < 4000; ++row) {
    const auto change = change_of(kAll, row, 4);
    mirrored += change.mirrored;
    upside_down += change.upside_down;
    moves.insert({change.down, change.right});
  }
  EXPECT_NEAR(static_cast<double>(mirrored), 2000, 120);
  EXPECT_NEAR(static_cast<double>(upside_down), 1000, 120);
  EXPECT_EQ(moves.size(), 49U);  // of -3 to 3 each
  EXPECT_EQ(moves.begin()->first, -3);
  EXPECT_EQ(moves.rbegin()->first, 3);
}

TEST(Augment, IsAnotherInEachEpochAndOfEachSeed) {
  const auto changes = [](uint64_t seed) {
    std::vector<std::pair<int64_t, int64_t>> moves;
    for (int64_t row = 0; row < 20; ++row) {
      const auto change = change_of(kAll, row, seed);
      moves.emplace_back(change.down, change.right);
    }
    return moves;
  };
  EXPECT_EQ(changes(data::mix(7, 0)), changes(data::mix(7, 0)));
  EXPECT_NE(changes(data::mix(7, 0)), changes(data::mix(7, 1)));
  EXPECT_NE(changes(data::mix(7, 0)), changes(data::mix(8, 0)));
}

std::string why(const AugmentSpec& spec, const std::vector<int64_t>& shape) {
  const auto checked = check_augment(spec, shape);
  return checked ? "no error" : checked.error().message();
}

TEST(Augment, IsOfImagesThatAreLargeEnough) {
  EXPECT_EQ(why(kAll, {1, 4, 8}), "no error");
  EXPECT_EQ(why({}, {784}), "no error");
  EXPECT_EQ(
      why({.horizontal_flip = 0.5}, {784}),
      R"(spec.training.augment is of images, whose samples have the shape [channels, height, width], found [784]; a reshape step makes it so)");
  EXPECT_EQ(
      why({.crop_padding = 4}, {1, 4, 8}),
      R"(spec.training.augment.cropPadding is 4, allowed are 0 to 3 of images of the shape [1, 4, 8])");
}

// Bars of 6 × 6, upright or lying, which stay so however they are moved or flipped.
class AugmentedJobs : public Workers {
 protected:
  void SetUp() override {
    Workers::SetUp();
    std::ofstream csv(folder_ + "/bars.csv");
    for (int pixel = 0; pixel < 36; ++pixel) csv << "p" << pixel << ",";
    csv << "way\n";
    for (int row = 0; row < 90; ++row) {
      const int at = row % 6;
      for (int pixel = 0; pixel < 36; ++pixel)
        csv << ((row % 2 ? pixel % 6 : pixel / 6) == at ? 255 : row % 5) << ",";
      csv << (row % 2 ? "upright" : "lying") << "\n";
    }
    csv.close();
    config_.training.data = {
        .train_uri = uri("bars.csv"), .validation_fraction = 0.2, .label = "way"};
    config_.training.preprocess = {
        worker_contract::NormalizeStep{.columns = {"p*"}, .channels = {{0, 1}}},
        worker_contract::ReshapeStep{.shape = {1, 6, 6}}};
    config_.training.model = {.architecture = "cnn", .hidden = {8}, .channels = {4}};
    config_.training.augment = kAll;
    config_.training.epochs = 4;  // of 4 steps
  }
};

TEST_F(AugmentedJobs, AnyNumberOfRanksLearnsFromTheSameImages) {
  config_.uid = "";
  config_.checkpoint.reset();
  run(1);
  run(3);
  config_.training.gradient.micro_batch_size = 2;
  run(2);
  EXPECT_LT(difference(weights_of(1), weights_of(2)), 1e-4F);
  EXPECT_LT(difference(weights_of(1), weights_of(3)), 1e-4F);
  config_.training.augment = {};
  run(1);
  EXPECT_GT(difference(weights_of(1), weights_of(4)), 1e-3F);
}

TEST_F(AugmentedJobs, GoOnFromACheckpointWithTheSameBits) {
  config_.checkpoint->every_steps = 10;  // in the middle of an epoch
  run(2);
  const std::string whole = weights_of(1);
  forget_models();
  run(2, 2);
  EXPECT_EQ(last_progress().resumed_from_step, 10);
  EXPECT_EQ(weights_of(1), whole);
}

TEST_F(AugmentedJobs, OfWhatIsNoImageAreBadInput) {
  config_.training.preprocess.pop_back();
  config_.training.model = {.architecture = "mlp", .hidden = {8}};
  start(1);
  EXPECT_EQ(wait(0), worker_contract::kExitBadInput);
  EXPECT_THAT(last_words(0).error, testing::HasSubstr("spec.training.augment is of images"));
}

}  // namespace
}  // namespace cresset::train::augment_test
