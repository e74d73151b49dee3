#include "operator/base/digest.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "operator/base/file.h"

namespace cresset::base {
namespace {

// The examples of FIPS 180-4.
constexpr char kOfAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kOfNothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Digest, IsSha256) {
  EXPECT_EQ(sha256("abc"), kOfAbc);
  EXPECT_EQ(sha256(""), kOfNothing);
}

TEST(Digest, OfPiecesIsTheDigestOfTheWhole) {
  Sha256 hash;
  for (const char* piece : {"a", "", "bc"}) hash.update(piece);
  EXPECT_EQ(hash.hex(), kOfAbc);
}

TEST(Digest, OfAFileReadsItWhole) {
  const std::string path = ::testing::TempDir() + "digest_test";
  const std::string bytes((3 << 20) + 17, 'q');
  ASSERT_TRUE(write_file_atomically(path, bytes));
  EXPECT_EQ(file_sha256(path), sha256(bytes));
  std::filesystem::remove(path);
  EXPECT_TRUE(is_not_found(file_sha256(path).error()));
}

TEST(Base64, EncodesAndDecodes) {
  // RFC 4648, section 10.
  const std::pair<std::string, std::string> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : cases) {
    EXPECT_EQ(base64(plain), encoded);
    EXPECT_EQ(from_base64(encoded), plain);
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(from_base64(base64(all)), all);
}

TEST(Base64, MayBeBrokenOverLines) { EXPECT_EQ(from_base64("Zm9v\r\nYmFy\n"), "foobar"); }

TEST(Base64, RefusesWhatIsNone) {
  for (const char* text : {"Zg", "Zg=", "Z===", "====", "Zm9v!mFy", "Zg==Zg=="})
    EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace cresset::base
