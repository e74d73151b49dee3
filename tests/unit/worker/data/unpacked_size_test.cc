#include "worker/data/unpacked_size.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "operator/base/file.h"
#include "worker/data/decode_image.h"

namespace cresset::data::unpacked_size_test {
namespace {

const std::string kFiles =
    std::string(std::getenv("CRESSET_SOURCE_DIR")) + "/tests/unit/worker/data/files/";

std::string bytes_of(const std::string& name) { return base::read_file(kFiles + name).value(); }
size_t size_of(const std::string& name, const std::string& bytes) {
  return unpacked_size(file_kind(name).value(), bytes);
}
size_t size_of(const std::string& name) { return size_of(name, bytes_of(name)); }

TEST(UnpackedSize, OfGzipIsWhatItSays) {
  EXPECT_EQ(size_of("points.jsonl.gz"), bytes_of("points.jsonl").size());
}

TEST(UnpackedSize, OfGzipWhoseLastPartSaysTooLittleIsTheMostThatItCanBe) {
  EXPECT_EQ(size_of("a.csv.gz", std::string(50, 'x') + std::string("\x05\0\0\0", 4)), 54 * 1032);
  EXPECT_EQ(size_of("a.csv.gz", std::string(50, 'x') + std::string("\0\0\0\x80", 4)), 1U << 31);
  EXPECT_EQ(size_of("a.csv.gz", "x"), size_t{'x'});
}

TEST(UnpackedSize, OfNpzIsThatOfItsArrays) {
  EXPECT_EQ(size_of("packed.npz"), 752);
  EXPECT_EQ(size_of("a.npz", "PK"), kNotToldSize);
}

TEST(UnpackedSize, OfAnImageIsOfItsPixels) {
  const auto png = bytes_of("images/left/gray.png");
  const auto image = decode_png(png).value();
  EXPECT_EQ(size_of("a/b.png", png), static_cast<size_t>(image.height) * image.width * 9);
  EXPECT_EQ(size_of("a/b.png", png.substr(0, 20)), kNotToldSize);
  EXPECT_EQ(size_of("a/b.jpeg", png), kNotToldSize);
}

TEST(UnpackedSize, IsNoneOfWhatIsNotPacked) {
  for (const char* name : {"points.csv", "points.parquet", "points.npy", "points.tfrecord"})
    EXPECT_EQ(size_of(name), 0) << name;
}

}  // namespace
}  // namespace cresset::data::unpacked_size_test
