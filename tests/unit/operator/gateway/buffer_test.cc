#include "operator/gateway/buffer.h"

#include <gtest/gtest.h>

#include "operator/gateway/forward.h"

namespace cresset::gateway {
namespace {

using std::chrono::seconds;

ExchangePtr an_exchange() {
  return std::make_shared<Exchange>(kube::ObjectKey{"ns", "digits"}, "/v2", net::ServerRequest{},
                                    net::Reply(nullptr));
}
const kube::ObjectKey kKey{"ns", "digits"};

TEST(Buffer, WhatCameFirstLeavesFirst) {
  Buffer buffer(1000);
  const auto first = an_exchange(), second = an_exchange();
  ASSERT_TRUE(buffer.add(kKey, first, 10, base::MonoTime(seconds(5))));
  ASSERT_TRUE(buffer.add(kKey, second, 10, base::MonoTime(seconds(6))));
  EXPECT_EQ(buffer.waiting(kKey), 2u);
  EXPECT_EQ(buffer.take(kKey), first);
  EXPECT_EQ(buffer.take(kKey), second);
  EXPECT_EQ(buffer.take(kKey), nullptr);
  EXPECT_EQ(buffer.bytes(), 0u);
}

TEST(Buffer, BytesOverTheBoundAreRefusedWithTheBound) {
  Buffer buffer(100);
  ASSERT_TRUE(buffer.add(kKey, an_exchange(), 60, base::MonoTime(seconds(5))));
  const auto refused =
      buffer.add({"other", "service"}, an_exchange(), 41, base::MonoTime(seconds(5)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), base::ErrorKind::kExhausted);
  EXPECT_NE(refused.error().message().find("100"), std::string::npos);
  EXPECT_TRUE(buffer.add(kKey, an_exchange(), 40, base::MonoTime(seconds(5))));
}

TEST(Buffer, OnlyWhatIsLateExpires) {
  Buffer buffer(1000);
  const auto early = an_exchange(), late = an_exchange();
  ASSERT_TRUE(buffer.add(kKey, early, 10, base::MonoTime(seconds(5))));
  ASSERT_TRUE(buffer.add(kKey, late, 10, base::MonoTime(seconds(9))));
  EXPECT_TRUE(buffer.expired(base::MonoTime(seconds(4))).empty());
  EXPECT_EQ(buffer.expired(base::MonoTime(seconds(5))), std::vector{early});
  EXPECT_EQ(buffer.waiting(kKey), 1u);
  EXPECT_EQ(buffer.bytes(), 10u);
}

TEST(Buffer, WhatIsPutBackIsFirstAgain) {
  Buffer buffer(1000);
  const auto first = an_exchange(), second = an_exchange();
  ASSERT_TRUE(buffer.add(kKey, first, 10, base::MonoTime(seconds(5))));
  ASSERT_TRUE(buffer.add(kKey, second, 10, base::MonoTime(seconds(6))));
  buffer.put_back(kKey, buffer.take(kKey), 10, base::MonoTime(seconds(5)));
  EXPECT_EQ(buffer.take(kKey), first);
}

}  // namespace
}  // namespace cresset::gateway
