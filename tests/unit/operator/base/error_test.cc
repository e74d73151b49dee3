#include "operator/base/error.h"

#include <gtest/gtest.h>

#include <vector>

namespace cresset::base {
namespace {

const std::vector<Error> kAll{
    invalid("m"),      not_found("m"), already_exists("m"), conflict("m"),  gone("m"),
    unauthorized("m"), forbidden("m"), too_large("m"),      exhausted("m"), unavailable("m"),
    timed_out("m"),    cancelled("m"), unsupported("m"),    internal("m")};

TEST(Error, CollectsContextsInFrontAndKeepsItsKind) {
  const Error error = not_found("key \"a\" does not exist")
                          .with_context("reading s3://b/a")
                          .with_context("loading the model");
  EXPECT_EQ(error.message(), "loading the model: reading s3://b/a: key \"a\" does not exist");
  EXPECT_TRUE(is_not_found(error));
}

TEST(Error, KindsHaveNamesOfTheirOwn) {
  std::vector<std::string_view> names;
  for (const Error& error : kAll) {
    for (const auto name : names) EXPECT_NE(name, to_string(error.kind()));
    names.push_back(to_string(error.kind()));
  }
  EXPECT_EQ(names.size(), 14u);
  EXPECT_EQ(to_string(ErrorKind::kTooLarge), "TooLarge");
}

TEST(Error, IsRetryableWhenTheSameCallMaySucceedLater) {
  for (const Error& error : kAll) {
    const auto name = to_string(error.kind());
    const bool expected =
        name == "Conflict" || name == "Exhausted" || name == "Unavailable" || name == "Timeout";
    EXPECT_EQ(is_retryable(error), expected) << name;
  }
}

TEST(Error, IsTerminalWhenOnlyAnotherInputHelps) {
  for (const Error& error : kAll) {
    const auto name = to_string(error.kind());
    const bool expected = name == "Invalid" || name == "TooLarge" || name == "Unsupported";
    EXPECT_EQ(is_terminal(error), expected) << name;
    EXPECT_FALSE(is_terminal(error) && is_retryable(error)) << name;
  }
}

TEST(Error, IsAskedByName) {
  const auto count = [](bool (*asks)(const Error&)) {
    int yes = 0;
    for (const Error& error : kAll) yes += asks(error) ? 1 : 0;
    return yes;
  };
  for (const auto asks : {is_invalid, is_not_found, is_already_exists, is_conflict, is_gone,
                          is_unauthorized, is_forbidden, is_cancelled})
    EXPECT_EQ(count(asks), 1);
}

}  // namespace
}  // namespace cresset::base
