#include "operator/coordination/waiting_room.h"

#include <gtest/gtest.h>

#include <memory>

namespace cresset::coordination {
namespace {

struct Caller : net::Reply::Sink {
  int status = 0;
  void send(net::ServerResponse response) override { status = response.status; }
  bool gone() const override { return false; }
};

Waiter waiter_of(const std::shared_ptr<Caller>& caller) {
  return {.job = {"team", "digits"},
          .job_uid = base::Uid("u1"),
          .pod = base::Uid("p1"),
          .until = base::MonoTime{std::chrono::seconds(30)},
          .reply = net::Reply(caller)};
}

TEST(WaitingRooms, AnswerNobodyBeforeItIsTime) {
  WaitingRoom room;
  const auto caller = std::make_shared<Caller>();
  room.add(waiter_of(caller));
  room.look({}, base::MonoTime{std::chrono::seconds(29)}, nullptr);
  EXPECT_EQ(caller->status, 0);
  EXPECT_EQ(room.size(), 1U);
  room.look({}, base::MonoTime{std::chrono::seconds(30)}, nullptr);
  EXPECT_EQ(caller->status, 204);
  EXPECT_EQ(room.size(), 0U);
}

TEST(WaitingRooms, SendThoseAwayWhoWaitWhenTheyCloseAndThoseWhoComeLater) {
  WaitingRoom room;
  const auto early = std::make_shared<Caller>();
  const auto late = std::make_shared<Caller>();
  room.add(waiter_of(early));
  room.close("the operator stops");
  EXPECT_EQ(early->status, 503);
  room.add(waiter_of(late));
  EXPECT_EQ(late->status, 503);
  EXPECT_EQ(room.size(), 0U);
}

}  // namespace
}  // namespace cresset::coordination
