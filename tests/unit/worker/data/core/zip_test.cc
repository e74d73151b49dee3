#include "worker/data/core/zip.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace cresset::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr size_t kEnough = 1 << 20;

// As Python's zipfile wrote them: tests/fuzz/corpus/zip.
std::string archive(const std::string& name) {
  const char* root = std::getenv("CRESSET_SOURCE_DIR");
  std::ifstream file(std::string(root != nullptr ? root : ".") + "/tests/fuzz/corpus/zip/" + name,
                     std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string refusal_of(const std::string& bytes, size_t max_bytes = kEnough) {
  const auto files = unzip(bytes, max_bytes);
  return files ? "none" : files.error().message();
}

TEST(AnArchive, HasItsFilesInTheirOrder) {
  EXPECT_THAT(*unzip(archive("two"), kEnough),
              ElementsAre(Pair("x.npy", "12345678"), Pair("y.npy", "")));
}

TEST(AnArchive, IsUnpacked) {
  EXPECT_THAT(*unzip(archive("packed"), kEnough),
              ElementsAre(Pair("x.npy", std::string(200, '0')), Pair("net/data.pkl", "\x80\x02.")));
}

TEST(AnArchive, ThatUnpacksToMoreThanIsAllowedIsRefusedBeforeItIsUnpacked) {
  EXPECT_TRUE(unzip(archive("packed"), 203));
  EXPECT_THAT(refusal_of(archive("packed"), 202),
              HasSubstr("net/data.pkl is said to have 3 bytes"));
  EXPECT_THAT(refusal_of(archive("bomb"), size_t{1} << 40),
              HasSubstr("x.npy is said to have 4294967294 bytes, which is too many"));
}

TEST(AnArchive, TellsHowMuchItUnpacksTo) {
  EXPECT_EQ(unzipped_size(archive("two")), 8);
  EXPECT_EQ(unzipped_size(archive("packed")), 203);
  EXPECT_GE(unzipped_size(archive("bomb")), 4294967294);
  EXPECT_EQ(unzipped_size(archive("truncated")), std::nullopt);
  EXPECT_EQ(unzipped_size(""), std::nullopt);
}

TEST(AnArchive, ThatIsDamagedOrTruncatedIsRefused) {
  EXPECT_THAT(refusal_of(archive("damaged")), HasSubstr("x.npy is damaged or truncated"));
  EXPECT_THAT(refusal_of(archive("truncated")), HasSubstr("it is none, or truncated"));
  EXPECT_THAT(refusal_of(""), HasSubstr("it is none, or truncated"));
}

}  // namespace
}  // namespace cresset::data
