#include "operator/net/client/body_stream.h"

#include <gtest/gtest.h>

namespace cresset::net {
namespace {

TEST(BodyStream, HandsOverWhatWasPushedThenTheResult) {
  BodyStream stream;
  EXPECT_TRUE(stream.push("ab"));
  EXPECT_TRUE(stream.push("cd"));
  stream.finish(Response{.status = 200});
  const auto piece = stream.take({});
  EXPECT_EQ(piece.piece, "abcd");
  EXPECT_FALSE(piece.result);
  const auto end = stream.take({});
  EXPECT_EQ(end.piece, "");
  ASSERT_TRUE(end.result);
  EXPECT_EQ((*end.result)->status, 200);
}

TEST(BodyStream, SaysWhenItsConsumerIsBehindAndThenAsksForMore) {
  BodyStream stream;
  EXPECT_FALSE(stream.push(std::string((1 << 20) + 1, 'x')));
  EXPECT_TRUE(stream.take({}).ask_for_more);
  EXPECT_TRUE(stream.push("x"));
  EXPECT_FALSE(stream.take({}).ask_for_more);
}

TEST(BodyStream, AStopRequestComesBeforeData) {
  BodyStream stream;
  stream.push("x");
  std::stop_source stop;
  stop.request_stop();
  const auto taken = stream.take(stop.get_token());
  EXPECT_EQ(taken.piece, "");
  EXPECT_FALSE(taken.result);
}

}  // namespace
}  // namespace cresset::net
