#include <gmock/gmock.h>

#include "operator/net/client/exchange.h"

namespace cresset::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string head_of(const Request& request) {
  return render_head(request, *parse_url(request.url));
}

TEST(RequestHead, HasHostAndOnlyTheHeadersGiven) {
  EXPECT_EQ(head_of({.url = "http://a:81/p?q", .headers = {{"Accept", "x/y"}}}),
            "GET /p?q HTTP/1.1\r\nHost: a:81\r\nAccept: x/y\r\n\r\n");
}

TEST(RequestHead, LeavesOutADefaultPortAndBracketsIpv6) {
  EXPECT_THAT(head_of({.url = "http://a:80"}), HasSubstr("Host: a\r\n"));
  EXPECT_THAT(head_of({.url = "https://[::1]:9443"}), HasSubstr("Host: [::1]:9443\r\n"));
}

TEST(RequestHead, KeepsAHostThatTheCallerGave) {
  const std::string head = head_of({.url = "http://10.0.0.1", .headers = {{"host", "models"}}});
  EXPECT_THAT(head, HasSubstr("host: models\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("10.0.0.1")));
}

TEST(RequestHead, CountsTheBodyItself) {
  const std::string head = head_of({.method = "POST",
                                    .url = "http://a",
                                    .headers = {{"Content-Length", "99"},
                                                {"transfer-encoding", "chunked"},
                                                {"Connection", "close"}},
                                    .body = "abc"});
  EXPECT_THAT(head, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("99")));
  EXPECT_THAT(head, Not(HasSubstr("chunked")));
  EXPECT_THAT(head_of({.method = "POST", .url = "http://a"}), HasSubstr("Content-Length: 0\r\n"));
}

TEST(RequestCheck, RefusesWhatWouldBreakTheWire) {
  const auto why = [](const Request& request) {
    const auto result = check_request(request);
    return result ? "" : result.error().message();
  };
  EXPECT_THAT(why({.method = "GET /x"}), HasSubstr("no HTTP method"));
  EXPECT_THAT(why({.method = ""}), HasSubstr("no HTTP method"));
  EXPECT_THAT(why({.headers = {{"A B", "1"}}}), HasSubstr("\"A B\" is no header name"));
  EXPECT_THAT(why({.headers = {{"A", "1\r\nB: 2"}}}), HasSubstr("the header A holds"));
  EXPECT_EQ(why({.headers = {{"A", "tab\t and \xc3\xa4"}}}), "");
}

}  // namespace
}  // namespace cresset::net
