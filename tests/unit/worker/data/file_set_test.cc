#include "worker/data/file_set.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "operator/base/digest.h"
#include "worker/data/store.h"

namespace cresset::data::file_set_test {
namespace {

using testing::ElementsAre;

class FileSets : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"b.csv", "a.csv", "a.txt", "_SUCCESS", ".a.csv.crc", "in/c.csv",
                             "in/deep/d.csv", "_in/e.csv", "out/c.csv"})
      EXPECT_TRUE(store_.write(uri(name), name));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string uri(const std::string& name) const { return "file://" + folder_ + "/" + name; }
  // Without what all begin with.
  std::vector<std::string> found(const std::string& name) {
    auto uris = find_files(store_, uri(name));
    EXPECT_TRUE(uris) << uris.error().message();
    for (auto& each : *uris) {
      EXPECT_TRUE(each.starts_with(uri("")));
      each.erase(0, uri("").size());
    }
    return *uris;
  }

  const std::string folder_ = testing::TempDir() + "file_set_" +
                              testing::UnitTest::GetInstance()->current_test_info()->name();
  Store store_{{}, {}};
};

TEST_F(FileSets, AFolderIsAllFilesWithinByNameButThoseThatWritersLeaveBesideThem) {
  EXPECT_THAT(found(""),
              ElementsAre("a.csv", "a.txt", "b.csv", "in/c.csv", "in/deep/d.csv", "out/c.csv"));
  EXPECT_THAT(found("in"), ElementsAre("in/c.csv", "in/deep/d.csv"));
}

TEST_F(FileSets, AStarFitsAnythingUpToASlash) {
  EXPECT_THAT(found("*.csv"), ElementsAre("a.csv", "b.csv"));
  EXPECT_THAT(found("*/c.csv"), ElementsAre("in/c.csv", "out/c.csv"));
  EXPECT_THAT(found("i*/d*/*"), ElementsAre("in/deep/d.csv"));
  EXPECT_THAT(found("_*"), ElementsAre("_SUCCESS"));
}

TEST_F(FileSets, AnythingElseIsThatFileWhetherItIsThereOrNot) {
  EXPECT_THAT(found("b.csv"), ElementsAre("b.csv"));
  EXPECT_THAT(found("lost.csv"), ElementsAre("lost.csv"));
}

TEST_F(FileSets, WhatHoldsNoFilesIsAnErrorThatSaysSo) {
  const auto why = [&](const std::string& name) {
    const auto uris = find_files(store_, uri(name));
    return uris ? "no error" : uris.error().message();
  };
  std::string words = "s3://data/part-*.csv matches no file; check the path";
  EXPECT_EQ(why("part-*.csv"), words.replace(0, words.rfind("part"), uri("")));
  EXPECT_EQ(why("lost/*.csv"), uri("lost/*.csv") + " matches no file; check the path");
  EXPECT_EQ(why("lost/"), uri("lost/") + " is a folder without files");
  EXPECT_TRUE(store_.write(uri("spark/_SUCCESS"), ""));
  EXPECT_EQ(why("spark"),
            uri("spark") + " is a folder without files but those whose names begin with . or _");
}

TEST(DigestOfSet, IsThatOfOneFileOrOfAllNamesAndDigests) {
  EXPECT_EQ(digest_of_set({"s3://b/x.csv"}, {"sha256:aa"}), "sha256:aa");
  // As `sha256sum x1.csv in/x2.csv | sha256sum` in that folder, of files with these digests.
  EXPECT_EQ(digest_of_set({"s3://b/t/in/x2.csv", "s3://b/t/x1.csv"}, {"sha256:bb", "sha256:aa"}),
            "sha256:" + base::sha256("bb  in/x2.csv\naa  x1.csv\n"));
  EXPECT_EQ(digest_of_set({"s3://c/x1.csv", "s3://c/x2.csv"}, {"sha256:aa", "sha256:bb"}),
            digest_of_set({"file:///d/x1.csv", "file:///d/x2.csv"}, {"sha256:aa", "sha256:bb"}));
  EXPECT_NE(digest_of_set({"s3://c/x1.csv", "s3://c/x3.csv"}, {"sha256:aa", "sha256:bb"}),
            digest_of_set({"s3://c/x1.csv", "s3://c/x2.csv"}, {"sha256:aa", "sha256:bb"}));
}

}  // namespace
}  // namespace cresset::data::file_set_test
