#include "operator/base/file.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

namespace cresset::base {
namespace {

using ::testing::HasSubstr;

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "file_test_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string folder_;
};

TEST_F(Files, HoldWhatWasWritten) {
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(write_file_atomically(path("x"), bytes));
  EXPECT_EQ(read_file(path("x")), bytes);
  ASSERT_TRUE(write_file_atomically(path("x"), ""));
  EXPECT_EQ(read_file(path("x")), "");
}

TEST_F(Files, LeaveNothingElseBehind) {
  ASSERT_TRUE(write_file_atomically(path("x"), "1"));
  ASSERT_TRUE(write_file_atomically(path("x"), "2"));
  int entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    EXPECT_EQ(entry.path().filename(), "x");
    ++entries;
  }
  EXPECT_EQ(entries, 1);
}

TEST_F(Files, ThatAreMissingOrAnotherKindAreNamed) {
  const auto missing = read_file(path("none"));
  EXPECT_TRUE(is_not_found(missing.error()));
  EXPECT_THAT(missing.error().message(), HasSubstr(path("none")));
  EXPECT_FALSE(read_file(folder_));
  const auto nowhere = write_file_atomically(path("no/such/x"), "1");
  EXPECT_TRUE(is_not_found(nowhere.error()));
}

TEST_F(Files, OverTheLimitAreRefusedWithTheLimit) {
  ASSERT_TRUE(write_file_atomically(path("x"), std::string(100, 'a')));
  EXPECT_TRUE(read_file(path("x"), 100));
  const auto large = read_file(path("x"), 99);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().kind(), ErrorKind::kTooLarge);
  EXPECT_THAT(large.error().message(), HasSubstr("more than 99 bytes"));
}

TEST(Environment, EmptyIsUnset) {
  ::setenv("CRESSET_FILE_TEST", "value", 1);
  EXPECT_EQ(environment("CRESSET_FILE_TEST"), "value");
  ::setenv("CRESSET_FILE_TEST", "", 1);
  EXPECT_EQ(environment("CRESSET_FILE_TEST"), std::nullopt);
  ::unsetenv("CRESSET_FILE_TEST");
  EXPECT_EQ(environment("CRESSET_FILE_TEST"), std::nullopt);
}

}  // namespace
}  // namespace cresset::base
