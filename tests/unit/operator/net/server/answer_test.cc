#include "operator/net/server/answer.h"

#include <gmock/gmock.h>

namespace cresset::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string rendered(const ServerResponse& response, AnswerStyle style = {}) {
  std::string head = "what was there before";
  render_answer(response, style, head);
  return head;
}

TEST(Answers, HaveTypeLengthAndTheHeadersGiven) {
  EXPECT_EQ(rendered({.status = 201, .body = "abc", .headers = {{"Location", "/x"}}}),
            "HTTP/1.1 201 Created\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 3\r\nLocation: /x\r\n\r\n");
}

TEST(Answers, WithoutABodyHaveNoLength) {
  EXPECT_EQ(rendered({.status = 204}), "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST(Answers, LeaveOutAHeaderThatWouldStartALineOfItsOwn) {
  const std::string head =
      rendered({.headers = {{"X-A", "1\r\nSet-Cookie: stolen"}, {"X B", "2"}, {"X-C", "3"}}});
  EXPECT_THAT(head, Not(HasSubstr("stolen")));
  EXPECT_THAT(head, Not(HasSubstr("X B")));
  EXPECT_THAT(head, HasSubstr("X-C: 3\r\n"));
}

TEST(Answers, KeepTheHeadersThatFrameTheMessageToThemselves) {
  const std::string head = rendered(
      {.body = "a", .headers = {{"content-length", "9"}, {"Transfer-Encoding", "chunked"}}});
  EXPECT_THAT(head, HasSubstr("Content-Length: 1\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("9")));
  EXPECT_THAT(head, Not(HasSubstr("chunked")));
}

}  // namespace
}  // namespace cresset::net
