#include "controllers/training_job/kept_template.h"

#include <gmock/gmock.h>

#include "controllers/training_job/service.h"
#include "tests/unit/controllers/training_job/plan_fixture.h"

namespace cresset::controllers::training_job {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class KeptTemplateTest : public PlanTest {
 protected:
  static PodSettings newer() {
    PodSettings settings = kSettings;
    settings.images.cpu = "worker:2";
    return settings;
  }
  // As running(), of an operator that kept the digest.
  void running_with_digest() {
    running();
    job_.status.template_digest = decide_template(job_of(job_json()), {}, kSettings).digest;
    ASSERT_EQ(job_.status.template_digest.size(), 71U);
  }
  void change_annotation(const base::Json& to) {
    observed_.service = std::make_shared<const Child>(*decode_child_meta(make_service(job_, to)));
  }
  base::Json evil() const {
    auto pod = render_template(job_, kSettings);
    pod["spec"]["hostPID"] = true;
    return pod;
  }
  std::vector<std::string> events() const {
    std::vector<std::string> reasons;
    for (const auto& event : plan_.events) reasons.push_back(event.reason);
    return reasons;
  }
};

TEST_F(KeptTemplateTest, TheStatusKeepsTheDigestFromTheFirstPassOn) {
  look();
  EXPECT_EQ(next_.template_digest, decide_template(job_, observed_, kSettings).digest);
  add_children(observed_, job_);
  pods({{.index = 0}, {.index = 1}});  // the pass that made these said nothing in the status
  look();
  EXPECT_EQ(next_.template_digest, decide_template(job_, observed_, kSettings).digest);
}

TEST_F(KeptTemplateTest, WhatSomebodyElsePutIntoTheAnnotationIsRenderedAnewAndTold) {
  running_with_digest();
  change_annotation(evil());
  pods({{.index = 0}});
  look();
  EXPECT_THAT(events(), Contains("TemplateChanged"));
  ASSERT_THAT(changes(),
              ElementsAre("apply Service team/digits-workers", "create Pod team/digits-1"));
  const auto& restored = std::get<Apply>(plan_.changes[0]);
  change_annotation(
      base::parse_json(
          restored.object["metadata"]["annotations"][kTemplateAnnotation].get<std::string>(),
          {1 << 20, 64})
          .value());
  EXPECT_EQ(kept_template(observed_), render_template(job_, kSettings));
  EXPECT_FALSE(std::get<Create>(plan_.changes[1]).object["spec"].contains("hostPID"));
  if (plan_.status) job_.status = next_;
  pods({{.index = 0}, {.index = 1}});
  look();
  EXPECT_THAT(events(), IsEmpty());
  EXPECT_THAT(plan_.changes, IsEmpty());
}

TEST_F(KeptTemplateTest, AYoungJobWhoseDigestIsNotWrittenYetTakesNothingFromTheAnnotationEither) {
  add_children(observed_, job_);
  change_annotation(evil());
  pods({{.index = 0}});
  look();
  EXPECT_EQ(changes().front(), "apply Service team/digits-workers");
  EXPECT_FALSE(std::get<Create>(plan_.changes.back()).object["spec"].contains("hostPID"));
}

TEST_F(KeptTemplateTest, ANewerOperatorGoesOnWithATemplateOfTheRightDigest) {
  running_with_digest();
  const auto decision = decide_template(job_, observed_, newer());
  EXPECT_FALSE(decision.write);
  EXPECT_EQ(decision.digest, job_.status.template_digest);
  EXPECT_EQ(decision.pod_template, render_template(job_, kSettings));
}

TEST_F(KeptTemplateTest, AJobOfAnOperatorThatKeptNoDigestGoesOnAsItIs) {
  running();
  const auto decision = decide_template(job_, observed_, newer());
  EXPECT_FALSE(decision.write);
  EXPECT_EQ(decision.digest, "");
  EXPECT_EQ(decision.pod_template, render_template(job_, kSettings));
}

TEST_F(KeptTemplateTest, AServiceThatIsGoneIsMadeAnewWithoutBlame) {
  running_with_digest();
  observed_.service = nullptr;
  const auto decision = decide_template(job_, observed_, newer());
  EXPECT_TRUE(decision.write);
  EXPECT_FALSE(decision.changed_by_others);
  EXPECT_EQ(decision.pod_template, render_template(job_, newer()));
}

}  // namespace
}  // namespace cresset::controllers::training_job
