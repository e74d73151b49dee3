#include "worker/data/store.h"

#include <arrow/status.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "worker/data/store_error.h"

namespace cresset::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FileStore : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string uri(const std::string& name) const { return "file://" + folder_ + "/" + name; }

  const std::string folder_ =
      testing::TempDir() + "store_" + testing::UnitTest::GetInstance()->current_test_info()->name();
  Store store_{{}, {}};
};

TEST_F(FileStore, ReadsBackWhatItWroteIntoFoldersItMakes) {
  ASSERT_TRUE(store_.write(uri("a/b/c.bin"), std::string("\0x\n", 3)));
  EXPECT_EQ(store_.read(uri("a/b/c.bin"), 100).value(), std::string("\0x\n", 3));
  EXPECT_THAT(store_.list(uri("a")).value(), ElementsAre("b"));
  EXPECT_THAT(store_.list(uri("a/b/")).value(), ElementsAre("c.bin"));
  EXPECT_TRUE(store_.exists(uri("a/b/c.bin")).value());
  EXPECT_FALSE(store_.exists(uri("a/b/d.bin")).value());
}

TEST_F(FileStore, TellsFoldersFromObjectsAndAllThatLiesBelow) {
  ASSERT_TRUE(store_.write(uri("t/b/c"), "x"));
  ASSERT_TRUE(store_.write(uri("t/a"), "x"));
  const auto listing = store_.look_into(uri("t/")).value();
  EXPECT_THAT(listing.folders, ElementsAre("b"));
  EXPECT_THAT(listing.objects, ElementsAre("a"));
  EXPECT_THAT(store_.list_tree(uri("t")).value(), ElementsAre(uri("t/a"), uri("t/b/c")));
  EXPECT_TRUE(store_.is_folder(uri("t")).value());
  EXPECT_FALSE(store_.is_folder(uri("t/a")).value());
  EXPECT_FALSE(store_.is_folder(uri("nowhere")).value());
}

TEST_F(FileStore, AFolderThatIsNotThereIsAnEmptyList) {
  EXPECT_THAT(store_.list(uri("nowhere")).value(), IsEmpty());
}

TEST_F(FileStore, AMissingFileIsNotFoundAndNamed) {
  const auto read = store_.read(uri("nothing.csv"), 100);
  ASSERT_FALSE(read);
  EXPECT_TRUE(base::is_not_found(read.error()));
  EXPECT_THAT(read.error().message(), HasSubstr(uri("nothing.csv")));
}

TEST_F(FileStore, AFileOverTheLimitIsRefusedWithBothSizes) {
  ASSERT_TRUE(store_.write(uri("big"), std::string(101, 'x')));
  const auto read = store_.read(uri("big"), 100);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message(), AllOf(HasSubstr("101"), HasSubstr("100")));
}

TEST_F(FileStore, AFolderThatMayNotBeMadeIsAnErrorWithTheUri) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ + "/file") << "x";
  const auto written = store_.write(uri("file/below"), "y");
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message(), HasSubstr(uri("file/below")));
}

TEST_F(FileStore, ATreeIsRemovedWholeAndRemovingItAgainIsFine) {
  ASSERT_TRUE(store_.write(uri("tree/a/manifest.json"), "{}"));
  ASSERT_TRUE(store_.write(uri("tree/b"), "x"));
  ASSERT_TRUE(store_.remove_tree(uri("tree")));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/tree"));
  EXPECT_TRUE(store_.remove_tree(uri("tree")));
}

TEST_F(FileStore, AnUnknownSchemeSaysWhichAreAllowed) {
  const auto read = store_.read("ftp://host/x", 100);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message(), AllOf(HasSubstr("ftp://host/x"), HasSubstr("s3://")));
}

TEST(StoreError, SaysWhatToCheck) {
  const auto error = [](const char* text) {
    return store_error(arrow::Status::IOError(text), "reading", "s3://data/x.csv",
                       "http://s3:7070");
  };
  const auto refused =
      error("AWS Error INVALID_ACCESS_KEY_ID during GetObject operation: no such key");
  EXPECT_TRUE(base::is_unauthorized(refused));
  EXPECT_THAT(refused.message(), AllOf(HasSubstr("s3://data/x.csv"), HasSubstr("credentials"),
                                       HasSubstr("secretRef")));
  EXPECT_TRUE(base::is_forbidden(
      error("AWS Error ACCESS_DENIED during HeadObject operation: No response body.")));
  EXPECT_TRUE(base::is_not_found(error("AWS Error NO_SUCH_BUCKET during ListObjectsV2 operation")));
  const auto away = error("AWS Error NETWORK_CONNECTION during HeadObject operation: curlCode: 7");
  EXPECT_TRUE(base::is_retryable(away));
  EXPECT_THAT(away.message(), AllOf(HasSubstr("http://s3:7070"), HasSubstr("endpoint")));
}

}  // namespace
}  // namespace cresset::data
