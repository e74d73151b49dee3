#include "operator/cli/top.h"

#include <gtest/gtest.h>

#include "tests/support/fake_api.h"

namespace cresset::cli::top_test {
namespace {

base::Json object(const char* kind, const std::string& ns, const std::string& name) {
  return {{"apiVersion", "cresset.dev/v1alpha1"},
          {"kind", kind},
          {"metadata", {{"namespace", ns}, {"name", name}}},
          {"spec", base::Json::object()}};
}

class ListShown : public ::testing::Test {
 protected:
  ListShown() {
    api_.seed(kube::kTrainingJobs, object("TrainingJob", "team", "digits"));
    api_.seed(kube::kTrainingJobs, object("TrainingJob", "other", "points"));
    api_.seed(kube::kModelServices, object("ModelService", "team", "digits"));
  }
  cresset::testing::FakeApi api_;
};

TEST_F(ListShown, HasTheJobsAndServicesOfANamespace) {
  const auto shown = list_shown(api_, "team");
  ASSERT_TRUE(shown) << shown.error().message();
  ASSERT_EQ(shown->jobs.size(), 1U);
  EXPECT_EQ(shown->jobs.front().meta.name, "digits");
  EXPECT_EQ(shown->services.size(), 1U);
}

TEST_F(ListShown, HasThoseOfAllNamespacesAndWritesNothing) {
  const auto shown = list_shown(api_, "");
  ASSERT_TRUE(shown) << shown.error().message();
  EXPECT_EQ(shown->jobs.size(), 2U);
  EXPECT_TRUE(api_.writes().empty());
}

TEST_F(ListShown, PassesOnWhatTheApiServerRefuses) {
  api_.set_fault([](const auto& call) -> std::optional<base::Error> {
    if (call.resource != kube::kModelServices) return std::nullopt;
    return base::invalid("modelservices is forbidden");
  });
  const auto shown = list_shown(api_, "");
  ASSERT_FALSE(shown);
  EXPECT_EQ(shown.error().message(), "modelservices is forbidden");
}

}  // namespace
}  // namespace cresset::cli::top_test
