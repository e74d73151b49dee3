#include "worker/data/core/file_kind.h"

#include <gmock/gmock.h>

namespace cresset::data {
namespace {

TEST(FileKinds, AreToldByTheEndOfTheName) {
  EXPECT_EQ(file_kind("s3://b/a.parquet").value(), FileKind::kParquet);
  EXPECT_EQ(file_kind("file:///a.b.csv").value(), FileKind::kCsv);
}

TEST(FileKinds, AnyOtherEndIsAnErrorThatSaysWhichThereAre) {
  for (const char* name : {"s3://b/a.xlsx", "s3://b/csv", "s3://b/a.CSV", ""})
    EXPECT_EQ(file_kind(name).error().message(),
              std::string(name) + ": allowed are names that end in .parquet or .csv");
}

}  // namespace
}  // namespace cresset::data
