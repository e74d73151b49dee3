#include "operator/net/client/url.h"

#include <gmock/gmock.h>

namespace cresset::net {
namespace {

using ::testing::HasSubstr;

TEST(Url, HasHostPortAndTarget) {
  const auto url = parse_url("https://models.example:8443/v2/models?x=1#part");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "models.example");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(url->target, "/v2/models?x=1");
}

TEST(Url, DefaultsPortAndPath) {
  EXPECT_EQ(parse_url("http://a")->port, "80");
  EXPECT_EQ(parse_url("https://a")->port, "443");
  EXPECT_EQ(parse_url("HTTP://a")->target, "/");
  EXPECT_EQ(parse_url("http://a?q=1")->target, "/?q=1");
}

TEST(Url, TakesIpv6InBrackets) {
  const auto url = parse_url("http://[::1]:90/x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, "90");
  EXPECT_EQ(parse_url("http://[fe80::1]")->port, "80");
}

TEST(Url, SaysWhatIsWrong) {
  const auto why = [](const std::string& text) {
    const auto url = parse_url(text);
    return url ? "" : url.error().message();
  };
  EXPECT_THAT(why("a/b"), HasSubstr("must start with http:// or https://"));
  EXPECT_THAT(why("ftp://a"), HasSubstr("must start with http:// or https://"));
  EXPECT_THAT(why("http://"), HasSubstr("has no host"));
  EXPECT_THAT(why("http://:80"), HasSubstr("has no host"));
  EXPECT_THAT(why("http://user:secret@a"), HasSubstr("names a user"));
  EXPECT_THAT(why("http://a:0"), HasSubstr("the port \"0\"; 1 to 65535"));
  EXPECT_THAT(why("http://a:65536"), HasSubstr("the port \"65536\""));
  EXPECT_THAT(why("http://a:8x"), HasSubstr("the port \"8x\""));
  EXPECT_THAT(why("http://a:"), HasSubstr("the port \"\""));
  EXPECT_THAT(why("http://[::1"), HasSubstr("has no ]"));
  EXPECT_THAT(why("http://[::1]x"), HasSubstr("the port"));
  EXPECT_THAT(why("http://a/b c"), HasSubstr("percent-encoded"));
  EXPECT_THAT(why("http://a/b\r\nX: y"), HasSubstr("percent-encoded"));
  EXPECT_THAT(why("http://a/\xc3\xa4"), HasSubstr("percent-encoded"));
}

TEST(Url, IsShownWithoutUserAndPassword) {
  EXPECT_EQ(without_user("https://a:1/b"), "https://a:1/b");
  EXPECT_EQ(without_user("https://me:secret@a:1/b"), "https://***@a:1/b");
  EXPECT_EQ(without_user("https://me:sec/r@et@a"), "https://***@a");
  EXPECT_EQ(without_user("me:secret@a"), "***@a");
  EXPECT_EQ(parse_url("https://me:secret@a").error().message(),
            "URL \"https://***@a\" names a user, which is not allowed");
  EXPECT_EQ(parse_url("http:/me:secret@a").error().message(),
            "URL \"***@a\" must start with http:// or https://");
}

TEST(PercentEncoding, KeepsUnreservedCharactersAndReversesItself) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a/b c=\xff"), "a%2Fb%20c%3D%FF");
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
}

TEST(PercentEncoding, RefusesHalfABytes) {
  for (const char* broken : {"%", "a%2", "%zz", "%2g", "%%20"})
    EXPECT_FALSE(percent_decode(broken)) << broken;
  EXPECT_EQ(*percent_decode("%2f+%2F"), "/+/");
}

}  // namespace
}  // namespace cresset::net
