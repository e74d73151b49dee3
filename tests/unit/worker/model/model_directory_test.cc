#include "worker/model/model_directory.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "worker/data/store.h"

namespace cresset::model {
namespace {

using testing::HasSubstr;

class ModelDirectory : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string why(const std::string& digest = "") {
    const auto directory = read_directory(store_, uri_, digest);
    return directory ? "no error" : directory.error().message();
  }
  void overwrite(const std::string& name, const std::string& bytes) {
    ASSERT_TRUE(store_.write(data::join(uri_, name), bytes));
  }

  const std::string folder_ = testing::TempDir() + "directory_" +
                              testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string output_ = "file://" + folder_;
  const std::string uri_ = output_ + "/7";
  const Files files_{{"a.bin", "abc"}, {"model.json", R"({"job": {"uid": "u1"}})"}};
  data::Store store_{{}, {}};
};

TEST_F(ModelDirectory, IsReadBackWithItsDigest) {
  const auto digest = write_directory(store_, uri_, files_);
  ASSERT_TRUE(digest);
  const auto directory = read_directory(store_, uri_, *digest);
  ASSERT_TRUE(directory) << directory.error().message();
  EXPECT_EQ(directory->files, files_);
  EXPECT_EQ(directory->digest, *digest);
}

TEST_F(ModelDirectory, AnotherDigestIsRefusedWithBoth) {
  const auto digest = write_directory(store_, uri_, files_);
  ASSERT_TRUE(digest);
  EXPECT_THAT(why("sha256:feed"), AllOf(HasSubstr("sha256:feed"), HasSubstr(*digest)));
}

TEST_F(ModelDirectory, ATruncatedAlteredOrMissingFileIsNamedWithWhatWasExpected) {
  ASSERT_TRUE(write_directory(store_, uri_, files_));
  overwrite("a.bin", "ab");
  EXPECT_THAT(why(), AllOf(HasSubstr("a.bin"), HasSubstr("2 bytes"), HasSubstr("says 3")));
  overwrite("a.bin", "abd");
  EXPECT_THAT(why(), AllOf(HasSubstr("a.bin"), HasSubstr("altered")));
  std::filesystem::remove(folder_ + "/7/a.bin");
  EXPECT_THAT(why(), AllOf(HasSubstr("a.bin"), HasSubstr("does not exist")));
}

TEST_F(ModelDirectory, WithoutItsManifestThereIsNoModel) {
  ASSERT_TRUE(write_directory(store_, uri_, files_));
  std::filesystem::remove(folder_ + "/7/manifest.json");
  const auto directory = read_directory(store_, uri_);
  ASSERT_FALSE(directory);
  EXPECT_TRUE(base::is_not_found(directory.error()));
}

TEST_F(ModelDirectory, AHostileManifestIsAnError) {
  ASSERT_TRUE(write_directory(store_, uri_, files_));
  for (const char* manifest :
       {"", "{}", "[1]", R"({"version": 2, "files": {}})", R"({"version": 1, "files": []})",
        R"({"version": 1, "files": {"../a.bin": {"bytes": 3, "sha256": "x"}}})",
        R"({"version": 1, "files": {"/etc/passwd": {"bytes": 3, "sha256": "x"}}})",
        R"({"version": 1, "files": {"a.bin": {"bytes": -3, "sha256": "x"}}})",
        R"({"version": 1, "files": {"a.bin": {"bytes": 3}}})",
        R"({"version": 1, "files": {"a.bin": 3}})"}) {
    overwrite("manifest.json", manifest);
    EXPECT_NE(why(), "no error") << manifest;
  }
}

TEST_F(ModelDirectory, TheNextFreeNumberIsOneAboveTheHighest) {
  for (const char* name : {"/2/x", "/10/x", "/latest/x", "/011/x"})
    ASSERT_TRUE(store_.write(output_ + name, "x"));
  const auto written = write_next_model(store_, output_, "u2", files_);
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(written->uri, output_ + "/11");
}

TEST_F(ModelDirectory, TheSameJobWritesItsModelOnce) {
  const auto first = write_next_model(store_, output_, "u1", files_);
  const auto again = write_next_model(store_, output_, "u1", {{"model.json", "{}"}});
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->uri, output_ + "/1");
  EXPECT_EQ(again->uri, first->uri);
  EXPECT_EQ(again->digest, first->digest);
  EXPECT_EQ(write_next_model(store_, output_, "u3", files_)->uri, output_ + "/2");
}

TEST_F(ModelDirectory, AJobWithoutUidAlwaysWrites) {
  const Files files{{"model.json", R"({"job": {"uid": ""}})"}};
  EXPECT_EQ(write_next_model(store_, output_, "", files)->uri, output_ + "/1");
  EXPECT_EQ(write_next_model(store_, output_, "", files)->uri, output_ + "/2");
}

}  // namespace
}  // namespace cresset::model
