#include "operator/kube/core/refusal.h"

#include <gtest/gtest.h>

namespace cresset::kube::refusal_test {
namespace {

const base::Error kUnknown = base::not_found("the server could not find the requested resource");

TEST(RefusalText, OfAKindThatTheServerDoesNotKnowAsksForItsCrd) {
  EXPECT_EQ(refusal_text(kTrainingJobs, kUnknown),
            "the server knows no trainingjobs in cresset.dev/v1alpha1; is its CRD installed? "
            "(the server could not find the requested resource)");
}

TEST(RefusalText, ElseItIsWhatTheServerSays) {
  EXPECT_EQ(refusal_text(kTrainingJobs, base::forbidden("no")), "no");
  EXPECT_EQ(refusal_text(kPods, kUnknown), kUnknown.message());
}

}  // namespace
}  // namespace cresset::kube::refusal_test
