#include "worker/model/text_steps.h"

#include <gmock/gmock.h>

namespace cresset::model {
namespace text_steps_test {

using testing::ElementsAre;

const TextCounts kCounts{{"bus", 2}, {"car", 5}, {"rail", 2}, {"walk", 1}};

StepColumns one_column() { return {.path = "p", .names = {"way"}, .indices = {0}}; }

TEST(OneHot, KnowsTheMostFrequentTextsAndOfTheRestNothing) {
  OneHot step{.columns = one_column(), .max_categories = 2};
  EXPECT_FALSE(step.knows_width());
  ASSERT_TRUE(step.learn(0, kCounts));
  EXPECT_THAT(step.categories[0], ElementsAre("bus", "car"));  // of two that are equal, the lesser
  EXPECT_EQ(step.width(0), 2U);
  EXPECT_EQ(step.place(0, "car"), 1);
  EXPECT_EQ(step.place(0, "rail"), std::nullopt);
  EXPECT_EQ(step.name(0, 1), "way=car");
}

TEST(Vocabulary, NumbersTheMostFrequentFromOneAndTheUnknownZero) {
  Vocabulary step{.columns = one_column(), .max_size = 10, .min_count = 2};
  ASSERT_TRUE(step.learn(0, kCounts));
  step.prepare();
  EXPECT_THAT(step.texts[0], ElementsAre("car", "bus", "rail"));
  EXPECT_EQ(step.place(0, "car"), 1);
  EXPECT_EQ(step.place(0, "rail"), 3);
  EXPECT_EQ(step.place(0, "walk"), 0);
}

// As sklearn.utils.murmurhash3_32 of scikit-learn 1.9 prints them, seed 0.
TEST(Murmur3, GivesTheReferenceNumbers) {
  EXPECT_EQ(murmur3(""), 0U);
  EXPECT_EQ(murmur3("a"), 1009084850U);
  EXPECT_EQ(murmur3("bus"), 3009698197U);
  EXPECT_EQ(murmur3("rail"), 2068517606U);
  EXPECT_EQ(murmur3("Zürich"), 694770001U);
  EXPECT_EQ(murmur3("twelve bytes"), 3722436985U);
  EXPECT_EQ(murmur3("thirteen byte"), 4187918560U);
}

}  // namespace text_steps_test
}  // namespace cresset::model
