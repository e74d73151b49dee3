#include "crds/worker_contract/quantity.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cresset::worker_contract {
namespace {

using base::Json;

TEST(WholeQuantity, IsReadInEveryFormThatKubernetesHas) {
  EXPECT_EQ(whole_quantity("0"), 0);
  EXPECT_EQ(whole_quantity("+2"), 2);
  EXPECT_EQ(whole_quantity("-2"), -2);
  EXPECT_EQ(whole_quantity("007"), 7);
  EXPECT_EQ(whole_quantity("2."), 2);
  EXPECT_EQ(whole_quantity("2.50k"), 2500);
  EXPECT_EQ(whole_quantity(".5Ki"), 512);
  EXPECT_EQ(whole_quantity("0.0009765625Ki"), 1);
  EXPECT_EQ(whole_quantity("3Gi"), int64_t{3} << 30);
  EXPECT_EQ(whole_quantity("4E"), 4000000000000000000);
  EXPECT_EQ(whole_quantity("2e3"), 2000);
  EXPECT_EQ(whole_quantity("2E+3"), 2000);
  EXPECT_EQ(whole_quantity("2000e-3"), 2);
  EXPECT_EQ(whole_quantity("4000m"), 4);
  EXPECT_EQ(whole_quantity("5000000000n"), 5);
  EXPECT_EQ(whole_quantity("0e99"), 0);
  EXPECT_EQ(whole_quantity("9223372036854775807"), std::nullopt);  // more digits than are read
  EXPECT_EQ(whole_quantity("7Ei"), int64_t{7} << 60);
}

TEST(WholeQuantity, IsNothingWhenItIsNoneOrNotWholeOrTooLarge) {
  for (const char* text : {"",     ".",   "+",    "two",   "2x",  "2 ",    " 2",    "2KiB", "2ki",
                           "2K",   "2e",  "2e+",  "2e100", "1.5", "1m",    "0.1Ki", "1e-1", "8Ei",
                           "1e19", "10E", "0x10", "1_000", "--1", "1.2.3", "2e1.5", "NaN"})
    EXPECT_EQ(whole_quantity(text), std::nullopt) << text;
}

RC_GTEST_PROP(WholeQuantity, ReadsANumberAsItself, (int32_t number)) {
  RC_ASSERT(whole_quantity(std::to_string(number)) == number);
}

TEST(GpusOf, AreTheLargerOfLimitsAndRequests) {
  EXPECT_EQ(gpus_of({{"limits", {{"nvidia.com/gpu", 2}}}}), 2);
  EXPECT_EQ(gpus_of({{"requests", {{"nvidia.com/gpu", "3"}}}}), 3);
  EXPECT_EQ(gpus_of({{"limits", {{"nvidia.com/gpu", "1"}}}, {"requests", {{"nvidia.com/gpu", 4}}}}),
            4);
}

TEST(GpusOf, CountTheInstancesOfDividedGpus) {
  EXPECT_EQ(gpus_of({{"limits", {{"nvidia.com/mig-1g.10gb", 2}, {"nvidia.com/mig-3g.40gb", "1"}}}}),
            3);
  EXPECT_EQ(gpus_of({{"limits", {{"nvidia.com/migration", 2}, {"cpu", 8}}}}), 0);
  EXPECT_EQ(whole_gpus_of({{"limits", {{"nvidia.com/mig-1g.10gb", 2}, {"nvidia.com/gpu", "1"}}}}),
            1);
}

TEST(GpusOf, AreNoneWhereNoCountStands) {
  EXPECT_EQ(gpus_of(Json::object()), 0);
  EXPECT_EQ(gpus_of(Json("text")), 0);
  for (const Json& value : {Json(-1), Json("-1"), Json("some"), Json(1.5), Json(nullptr)})
    EXPECT_EQ(gpus_of({{"limits", {{"nvidia.com/gpu", value}}}}), 0) << value;
}

}  // namespace
}  // namespace cresset::worker_contract
