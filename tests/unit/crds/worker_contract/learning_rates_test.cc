#include "crds/worker_contract/learning_rates.h"

#include <gmock/gmock.h>

namespace cresset::worker_contract::learning_rates_test {
namespace {

using base::Json;
using testing::AllOf;
using testing::HasSubstr;

const Json kTwo{{{"parameters", "layer*"}, {"scale", 0.1}},
                {{"parameters", "fc.*"}, {"scale", 10.0}}};

TEST(LearningRatesSpec, DecodeToWhatWasEncoded) {
  const auto rates = decode_learning_rates(kTwo, "t");
  ASSERT_TRUE(rates) << rates.error().message();
  EXPECT_EQ(*rates, (std::vector<LearningRate>{{"layer*", 0.1}, {"fc.*", 10}}));
  EXPECT_EQ(encode(*rates), kTwo);
}

TEST(LearningRatesSpec, EachWrongFieldIsNamed) {
  const auto why = [](const char* key, const Json& value) {
    Json list = kTwo;
    list[1][key] = value;
    return decode_learning_rates(list, "m.learningRates").error().message();
  };
  EXPECT_THAT(why("scale", 0), AllOf(HasSubstr("m.learningRates[1].scale"), HasSubstr("above 0")));
  EXPECT_THAT(why("scale", nullptr), HasSubstr("m.learningRates[1].scale is required"));
  EXPECT_THAT(why("parameters", ""), HasSubstr("m.learningRates[1].parameters"));
  EXPECT_THAT(why("rate", 1), HasSubstr("m.learningRates[1].rate"));
}

}  // namespace
}  // namespace cresset::worker_contract::learning_rates_test
