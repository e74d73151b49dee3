#include "worker/data/core/file_kind.h"

#include <gmock/gmock.h>

namespace cresset::data {
namespace {

TEST(FileKinds, AreToldByTheEndOfTheName) {
  EXPECT_EQ(file_kind("s3://b/a.parquet").value(), FileKind{FileFormat::kParquet});
  EXPECT_EQ(file_kind("file:///a.b.csv").value(), FileKind{FileFormat::kCsv});
  EXPECT_EQ(file_kind("a.ndjson").value(), FileKind{FileFormat::kJsonLines});
  EXPECT_EQ(file_kind("a.jsonl.gz").value(), (FileKind{FileFormat::kJsonLines, true}));
  EXPECT_EQ(file_kind("a.npz").value(), FileKind{FileFormat::kNpz});
  EXPECT_EQ(file_kind("a.jpeg").value(), FileKind{FileFormat::kJpeg});
  EXPECT_EQ(file_kind("train.tfrecord-00003-of-00010").value(), FileKind{FileFormat::kTfRecord});
}

TEST(FileKinds, AnyOtherEndIsAnErrorThatSaysWhichThereAre) {
  for (const char* name :
       {"s3://b/a.xlsx", "s3://b/csv", "s3://b/a.CSV", "", "a.parquet.gz", ".gz",
        "a.csv-00003-of-00010", "a.tfrecord-x-of-10", "a.tfrecord-1-of-", "-of-"})
    EXPECT_EQ(file_kind(name).error().message(),
              std::string(name) +
                  ": allowed are names that end in .parquet, .csv, .jsonl, .ndjson, .npy, .npz, "
                  ".tfrecord, .tfrecords, .png, .jpg, .jpeg, or in .gz after .csv, .jsonl, .ndjson "
                  "or .tfrecord");
}

}  // namespace
}  // namespace cresset::data
