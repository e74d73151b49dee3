#include "operator/net/client/proxy.h"

#include <gmock/gmock.h>

#include "operator/base/digest.h"

namespace cresset::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

bool goes_by_proxy(const std::string& url, const std::string& no_proxy) {
  const auto proxy = proxy_for(
      *parse_url(url),
      {.https_proxy = "http://p:3128", .http_proxy = "http://q:3128", .no_proxy = no_proxy});
  EXPECT_TRUE(proxy) << proxy.error().message();
  return proxy->has_value();
}

TEST(Proxy, HasHostPortAndWhoAsks) {
  const auto proxy = parse_proxy("http://me:a%40b@proxy.example:3128");
  ASSERT_TRUE(proxy) << proxy.error().message();
  EXPECT_EQ(*proxy, (Proxy{.host = "proxy.example",
                           .port = "3128",
                           .authorization = "Basic " + base::base64("me:a@b")}));
  EXPECT_EQ(*parse_proxy("HTTP://p/"), (Proxy{.host = "p", .port = "80", .authorization = ""}));
  EXPECT_EQ(parse_proxy("http://me@p")->authorization, "Basic " + base::base64("me:"));
}

TEST(Proxy, OfAnotherKindIsRefusedWithoutItsPassword) {
  for (const std::string url : {"https://me:secret@p", "socks5://me:secret@p", "me:secret@p"}) {
    const auto proxy = parse_proxy(url);
    ASSERT_FALSE(proxy) << url;
    EXPECT_THAT(proxy.error().message(), HasSubstr("must start with http://"));
    EXPECT_THAT(proxy.error().message(), Not(HasSubstr("secret")));
  }
  for (const std::string url :
       {"http://me:secret%zz@p", "http://me:secret/x@p", "http://me:1/x@p"}) {
    const auto broken = parse_proxy(url);
    ASSERT_FALSE(broken) << url;
    EXPECT_THAT(broken.error().message(), HasSubstr("\"http://***@p\" is not percent-encoded"));
  }
  EXPECT_THAT(parse_proxy("http://me:secret@p:0").error().message(), HasSubstr("1 to 65535"));
}

TEST(Proxy, OfTheEnvironmentIsTheOneForTheScheme) {
  const ProxyVariables variables{.https_proxy = "http://p:1", .http_proxy = "q:2", .no_proxy = ""};
  EXPECT_EQ((*proxy_for(*parse_url("https://a"), variables))->host, "p");
  EXPECT_EQ((*proxy_for(*parse_url("http://a"), variables))->host, "q");
  EXPECT_EQ(*proxy_for(*parse_url("https://a"), {}), std::nullopt);
}

TEST(Proxy, OfTheEnvironmentThatCannotBeUsedIsNamed) {
  const auto proxy = proxy_for(*parse_url("https://a"), {.https_proxy = "socks5://p"});
  ASSERT_FALSE(proxy);
  EXPECT_THAT(proxy.error().message(), HasSubstr("variable HTTPS_PROXY: "));
  const auto small =
      proxy_for(*parse_url("http://a"), {.http_proxy = "socks5://p", .http_name = "http_proxy"});
  ASSERT_FALSE(small);
  EXPECT_THAT(small.error().message(), HasSubstr("variable http_proxy: "));
}

TEST(Proxy, IsNotAskedForThisMachine) {
  for (const std::string url : {"https://localhost:6443", "https://127.0.0.1", "https://[::1]:1"})
    EXPECT_FALSE(goes_by_proxy(url, "")) << url;
  EXPECT_TRUE(goes_by_proxy("https://10.0.0.1", ""));
}

TEST(Proxy, IsNotAskedForWhatNoProxyNames) {
  const std::string list = "10.0.0.1, 10.96.0.0/12\n,\tfd00::/8,example.com,.svc,*.lab,kube:6443";
  for (const std::string url :
       {"https://10.0.0.1:6443", "https://10.96.0.1", "https://[fd00::1]", "https://example.com",
        "https://API.Example.com", "https://a.b.svc", "https://x.lab", "https://kube:6443"})
    EXPECT_FALSE(goes_by_proxy(url, list)) << url;
  for (const std::string url :
       {"https://10.0.0.2", "https://10.112.0.1", "https://[fe00::1]", "https://notexample.com",
        "https://svc", "https://lab", "https://kube", "https://kube:443"})
    EXPECT_TRUE(goes_by_proxy(url, list)) << url;
  EXPECT_FALSE(goes_by_proxy("https://anything", "*"));
  EXPECT_FALSE(goes_by_proxy("https://[fd00::1]:6443", "[fd00::1]:6443"));
  EXPECT_TRUE(goes_by_proxy("https://[fd00::1]:6443", "[fd00::1]:7"));
  EXPECT_FALSE(goes_by_proxy("https://[fd00::1]:6443", "fd00::1"));
}

TEST(Proxy, IsStillAskedWhenNoProxyHoldsNonsense) {
  EXPECT_TRUE(goes_by_proxy("https://10.0.0.1", ",, /,10.0.0.0/99,[,:,1/2/3,\t"));
}

}  // namespace
}  // namespace cresset::net
