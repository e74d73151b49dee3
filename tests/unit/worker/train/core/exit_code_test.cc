#include "worker/train/core/exit_code.h"

#include <gtest/gtest.h>

#include "crds/worker_contract/names.h"

namespace cresset::train {
namespace {

TEST(ExitCode, WrongInputIsNotTriedAgain) {
  for (const auto& error : {base::invalid(""), base::not_found(""), base::unauthorized(""),
                            base::forbidden(""), base::too_large(""), base::unsupported("")})
    EXPECT_EQ(exit_code_for(error), worker_contract::kExitBadInput);
}

TEST(ExitCode, WhatMayPassIsTriedAgain) {
  for (const auto& error :
       {base::unavailable(""), base::timed_out(""), base::internal(""), base::exhausted("")})
    EXPECT_EQ(exit_code_for(error), worker_contract::kExitRetryable);
}

TEST(ExitCode, BeingStoppedAndBeingGoneHaveTheirOwn) {
  EXPECT_EQ(exit_code_for(base::cancelled("")), worker_contract::kExitStopped);
  EXPECT_EQ(exit_code_for(base::gone("")), worker_contract::kExitGone);
}

}  // namespace
}  // namespace cresset::train
