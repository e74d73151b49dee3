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
  // As running(), of an operator that kept no digest.
  void running_without_digest() {
    running();
    job_.status.template_digest = "";
  }
  void change_annotation(const std::string& to) {
    observed_.service = std::make_shared<const Child>(*decode_service(make_service(job_, to)));
  }
  // What pods are made from, as the reconciler finds out. `kept` is the annotation.
  base::Json pod_template(const std::string& kept, const PodSettings& settings = kSettings) {
    auto decision = decide_template(job_, observed_, settings);
    auto made = decision.unread ? std::nullopt : template_of(decision, job_, settings);
    if (made) return *made;
    const auto live = make_service(job_, kept);
    take_live_service(observed_, &live, job_.meta.uid);
    return template_of(decide_template(job_, observed_, settings), job_, settings).value();
  }
  std::string rendered(const PodSettings& settings = kSettings) const {
    return base::dump(render_template(job_, settings));
  }
  std::string evil() const {
    auto pod = render_template(job_, kSettings);
    pod["spec"]["hostPID"] = true;
    return base::dump(pod);
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
  next_ = {};
  look();
  EXPECT_EQ(next_.template_digest, decide_template(job_, observed_, kSettings).digest);
  EXPECT_EQ(next_.template_digest.size(), 71U);
}

TEST_F(KeptTemplateTest, WhatSomebodyElsePutIntoTheAnnotationIsRenderedAnewAndTold) {
  running();
  change_annotation(evil());
  pods({{.index = 0}});
  look();
  EXPECT_THAT(events(), Contains("TemplateChanged"));
  ASSERT_THAT(changes(),
              ElementsAre("apply Service team/digits-workers", "create Pod team/digits-1"));
  const auto& restored = std::get<Apply>(plan_.changes[0]);
  observed_.service = std::make_shared<const Child>(*decode_service(restored.object));
  EXPECT_EQ(restored.object["metadata"]["annotations"][kTemplateAnnotation], rendered());
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
  running();
  const auto decision = decide_template(job_, observed_, newer());
  EXPECT_FALSE(decision.write);
  EXPECT_EQ(decision.digest, job_.status.template_digest);
  EXPECT_FALSE(template_of(decision, job_, newer())) << "it renders otherwise";
  EXPECT_EQ(pod_template(rendered(), newer()), render_template(job_, kSettings));
}

TEST_F(KeptTemplateTest, TheOperatorThatRenderedItNeedsNotReadIt) {
  running();
  pods({{.index = 0}});
  look();
  EXPECT_FALSE(plan_.wants_template);
  EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-1"));
}

TEST_F(KeptTemplateTest, ATextOfAnotherDigestThanTheCacheShowsIsNotBelieved) {
  running();
  EXPECT_EQ(pod_template(evil(), newer()), render_template(job_, newer()));
}

TEST_F(KeptTemplateTest, AJobOfAnOperatorThatKeptNoDigestGoesOnAsItIsAndHasOneWithItsNextStatus) {
  running_without_digest();
  EXPECT_TRUE(decide_template(job_, observed_, newer()).unread);
  EXPECT_EQ(pod_template(rendered(), newer()), render_template(job_, kSettings));
  const auto decision = decide_template(job_, observed_, newer());
  EXPECT_FALSE(decision.write);
  look();
  job_.status = next_;
  job_.status.template_digest = "";
  EXPECT_FALSE(look().status) << "a digest alone is no news";
  observed_.reports[0].progress.step = 77;
  look(kNow + std::chrono::minutes(1));
  ASSERT_TRUE(plan_.status);
  EXPECT_EQ(next_.template_digest, decision.digest);
}

TEST_F(KeptTemplateTest, SoDoesOneThatWaitsForItsFirstRound) {
  add_children(observed_, job_);
  pods({{.index = 0, .phase = "Pending"}, {.index = 1, .phase = "Pending"}});
  look();
  job_.status = next_;
  job_.status.template_digest = "";
  observed_.kept_text = rendered();
  const auto planned = plan(job_, observed_, newer(), kNow);
  EXPECT_TRUE(planned.changes.empty()) << planned;
  EXPECT_FALSE(planned.status);
}

TEST_F(KeptTemplateTest, AJobThatWasOnlyRefusedOrSuspendedTakesNothingFromTheAnnotation) {
  for (const char* reason : {kReasonRefused, kReasonSuspended}) {
    job_.status = {};
    set(job_.status, kRunning, false, reason, "", job_, kNow);
    add_children(observed_, job_);
    change_annotation(evil());
    pods({{.index = 0}});
    EXPECT_EQ(pod_template(evil()), render_template(job_, kSettings)) << reason;
  }
}

TEST_F(KeptTemplateTest, AnAnnotationThatSomebodyEmptiedIsRestoredAndTold) {
  running();
  change_annotation("\"none\"");
  look();
  EXPECT_EQ(changes().front(), "apply Service team/digits-workers");
  EXPECT_THAT(events(), Contains("TemplateChanged"));
}

TEST_F(KeptTemplateTest, AnAnnotationThatIsNoObjectIsNotBelievedWithoutADigestEither) {
  running_without_digest();
  change_annotation("[{");
  EXPECT_EQ(pod_template("[{"), render_template(job_, kSettings));
  EXPECT_TRUE(decide_template(job_, observed_, kSettings).write);
}

TEST_F(KeptTemplateTest, ANewerOperatorsTemplateIsTakenBeforeTheFirstPod) {
  add_children(observed_, job_);
  job_.status.template_digest = decide_template(job_, observed_, kSettings).digest;
  const auto decision = decide_template(job_, observed_, newer());
  EXPECT_TRUE(decision.write);
  EXPECT_FALSE(decision.changed_by_others);
  EXPECT_EQ(pod_template(rendered(), newer()), render_template(job_, newer()));
}

TEST_F(KeptTemplateTest, AServiceThatIsGoneIsMadeAnewWithoutBlame) {
  running();
  observed_.service = nullptr;
  const auto decision = decide_template(job_, observed_, newer());
  EXPECT_TRUE(decision.write);
  EXPECT_FALSE(decision.changed_by_others);
  EXPECT_EQ(pod_template("", newer()), render_template(job_, newer()));
}

TEST_F(KeptTemplateTest, WhatWasRenderedHereIsReadHoweverLargeItIs) {
  const base::Json large{{"spec", std::string(2 << 20, 'x')}};
  EXPECT_EQ(template_of({.text = base::dump(large)}, job_, kSettings), large);
}

}  // namespace
}  // namespace cresset::controllers::training_job
