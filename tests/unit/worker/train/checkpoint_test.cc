#include "worker/train/checkpoint.h"

#include <gmock/gmock.h>

#include <filesystem>

namespace cresset::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Checkpoints : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static model::Files files(const std::string& text) {
    return {{kStateFile, text}, {kOptimizerFile, "o"}, {model::kWeightsFile, "w"}};
  }
  void write(const CheckpointName& name, const std::string& text) {
    ASSERT_TRUE(model::write_directory(store_, data::join(uri_, to_string(name)), files(text)));
  }
  std::string found() {
    const auto checkpoint = find_checkpoint(store_, {uri_}, log_);
    if (!checkpoint) return checkpoint.error().message();
    return *checkpoint ? (*checkpoint)->files.at(kStateFile) : "none";
  }

  const std::string folder_ = testing::TempDir() + "checkpoint_" +
                              testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string uri_ = "file://" + folder_ + "/store";
  data::Store store_{{}, {}};
  std::string logged_;
  base::Log log_{base::LogLevel::kInfo,
                 [this](base::LogLevel, const std::string& line) { logged_ += line; }};
};

TEST_F(Checkpoints, WithoutAnyThereIsNothingToRestore) { EXPECT_EQ(found(), "none"); }

TEST_F(Checkpoints, TheHighestRoundWinsOverAStaleWriter) {
  write({.round = 2, .step = 100}, "second round");
  write({.round = 1, .step = 900}, "stale");
  EXPECT_EQ(found(), "second round");
}

TEST_F(Checkpoints, OneThatIsTruncatedOrUnfinishedIsSkippedWithAWarning) {
  write({.round = 1, .step = 50}, "good");
  write({.round = 1, .step = 100}, "truncated");
  write({.round = 2, .step = 150}, "unfinished");
  std::filesystem::resize_file(folder_ + "/store/100-r1/state.json", 3);
  std::filesystem::remove(folder_ + "/store/150-r2/manifest.json");
  EXPECT_EQ(found(), "good");
  EXPECT_THAT(logged_, AllOf(HasSubstr("100-r1"), HasSubstr("150-r2"), HasSubstr("truncated")));
}

TEST_F(Checkpoints, TheNewestOfMemoryAndStoreIsTaken) {
  const std::string memory = "file://" + folder_ + "/memory";
  write({.round = 1, .step = 50}, "store");
  ASSERT_TRUE(model::write_directory(store_, memory + "/80-r1", files("memory")));
  const auto checkpoint = find_checkpoint(store_, {memory, uri_}, log_);
  ASSERT_TRUE(checkpoint && *checkpoint);
  EXPECT_EQ((*checkpoint)->files.at(kStateFile), "memory");
}

TEST_F(Checkpoints, TheWriterKeepsTheNewestAndTellsWhatIsComplete) {
  const std::string memory = "file://" + folder_ + "/memory";
  std::vector<int64_t> written;
  {
    CheckpointWriter writer(store_, {.folders = {memory, uri_}, .keep = 2}, log_,
                            [&](const CheckpointName& name) { written.push_back(name.step); });
    for (int64_t step : {10, 20, 30}) {
      writer.submit({.round = 1, .step = step}, files("x"));
      ASSERT_TRUE(writer.flush());
    }
  }
  EXPECT_THAT(written, ElementsAre(10, 20, 30));
  EXPECT_THAT(store_.list(uri_).value(), ElementsAre("20-r1", "30-r1"));
  EXPECT_THAT(store_.list(memory).value(), ElementsAre("30-r1"));
}

TEST_F(Checkpoints, AStoreThatRefusesIsAWarningAndKnownAtTheEnd) {
  ASSERT_TRUE(store_.write("file://" + folder_ + "/store", "a file where the folder should be"));
  CheckpointWriter writer(store_, {.folders = {uri_}}, log_, [](const CheckpointName&) {});
  writer.submit({.round = 1, .step = 10}, files("x"));
  EXPECT_FALSE(writer.flush());
  EXPECT_THAT(logged_, HasSubstr("checkpoint not written"));
}

TEST(CheckpointState, IsTheSameAfterBeingStored) {
  const CheckpointState state{.step = 120,
                              .metrics = {{"loss", 0.1}},
                              .run = {{"rows", 7}},
                              .preprocessing = {{"steps", base::Json::array()}}};
  const auto again = decode_checkpoint_state(base::dump(encode(state)));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->step, 120);
  EXPECT_EQ(again->metrics, state.metrics);
  EXPECT_EQ(again->run, state.run);
  EXPECT_EQ(again->preprocessing, state.preprocessing);
  EXPECT_FALSE(decode_checkpoint_state("{\"version\": 1}"));
  EXPECT_FALSE(decode_checkpoint_state(
      "{\"version\": 1, \"step\": -1, \"run\": {}, \"preprocessing\": {}}"));
}

TEST(CheckpointState, KeepsWhereTheNetworkCameFromAndOlderOnesSayNothingOfIt) {
  CheckpointState state{.run = {{"rows", 7}}, .preprocessing = {{"steps", base::Json::array()}}};
  auto again = decode_checkpoint_state(base::dump(encode(state)));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->origin, model::Origin{});
  state.origin = {.uri = "s3://b/m", .digest = "sha256:1", .new_head = "fc"};
  state.architecture = {.architecture = "resnet", .width = 4};
  again = decode_checkpoint_state(base::dump(encode(state)));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->origin, state.origin);
  EXPECT_EQ(again->architecture, state.architecture);
}

TEST(CheckpointState, OfMoreBytesThanAFileMayHaveIsRefused) {
  const auto most = static_cast<int64_t>(model::kMaxFileBytes);
  EXPECT_TRUE(check_state_bytes(most));
  const auto refused = check_state_bytes(most + 1);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(),
              AllOf(HasSubstr("spec.checkpoint: "), HasSubstr("17179869185 bytes"),
                    HasSubstr("may have 17179869184")));
}

}  // namespace
}  // namespace cresset::train
