#include "worker/data/core/columns.h"

#include <gmock/gmock.h>

namespace cresset::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kColumns{"x", "y", "side", "pixel0", "pixel1"};

TEST(Columns, GlobsChooseEachColumnOnceInTheOrderOfTheFile) {
  const auto chosen = expand_globs({"pixel*", "pixel1", "x"}, kColumns, "spec");
  ASSERT_TRUE(chosen);
  EXPECT_THAT(*chosen, ElementsAre(0, 3, 4));
}

TEST(Columns, AGlobThatMatchesNothingNamesItsPathItselfAndWhatExists) {
  const auto chosen = expand_globs({"x", "pixl*"}, kColumns, "spec.features");
  ASSERT_FALSE(chosen);
  EXPECT_TRUE(base::is_invalid(chosen.error()));
  EXPECT_THAT(chosen.error().message(), AllOf(HasSubstr("spec.features[1]"), HasSubstr("\"pixl*\""),
                                              HasSubstr("pixel0"), HasSubstr("side")));
}

TEST(Columns, AMissingColumnIsToldWithTheNearestNamesFirst) {
  const auto found = find_column("sid", kColumns, "label column", "s3://data/points.csv");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(),
              HasSubstr("label column \"sid\" is not in s3://data/points.csv; "
                        "its columns are side"));
}

TEST(Columns, OfManyNamesTheRestIsCounted) {
  std::vector<std::string> many;
  for (int i = 0; i < 784; ++i) many.push_back("pixel" + std::to_string(i));
  EXPECT_THAT(near_names("label", many), HasSubstr("and 774 more"));
}

}  // namespace
}  // namespace cresset::data
