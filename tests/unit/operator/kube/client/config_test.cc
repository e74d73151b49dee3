#include "operator/kube/client/config.h"

#include <gmock/gmock.h>

#include "tests/support/certificates.h"
#include "tests/unit/operator/kube/client/scratch.h"

namespace cresset::kube {
namespace {

using cresset::testing::TestAuthority;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Config : public ::testing::Test {
 protected:
  Scratch scratch_;
  Variable host_{"KUBERNETES_SERVICE_HOST", "10.0.0.1"};
  Variable port_{"KUBERNETES_SERVICE_PORT", "443"};
  Variable kubeconfig_{"KUBECONFIG", nullptr};
  NoProxy no_proxy_;
};

TEST_F(Config, APodFindsItsAccountInItsFolder) {
  scratch_.write("ca.crt", "pem");
  scratch_.write("token", "t\n");
  scratch_.write("namespace", "team\n");
  const auto config = config_from_pod(scratch_.path(""));
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->server, "https://10.0.0.1:443");
  EXPECT_EQ(config->ca_pem, "pem");
  EXPECT_EQ(config->ca_file, scratch_.path("") + "/ca.crt");
  EXPECT_EQ(config->token_file, scratch_.path("") + "/token");
  EXPECT_EQ(config->default_namespace, "team");
}

TEST_F(Config, AnIpv6AddressGetsBrackets) {
  const Variable host("KUBERNETES_SERVICE_HOST", "fd00::1");
  scratch_.write("ca.crt", "pem");
  scratch_.write("token", "t");
  EXPECT_EQ(config_from_pod(scratch_.path(""))->server, "https://[fd00::1]:443");
}

TEST_F(Config, APodGoesByTheProxyOfItsEnvironment) {
  scratch_.write("ca.crt", "pem");
  scratch_.write("token", "t");
  {
    const Variable proxy("HTTPS_PROXY", "http://p:3128");
    EXPECT_EQ(config_from_pod(scratch_.path(""))->proxy->host, "p");
    const Variable except("NO_PROXY", "10.0.0.0/8");
    EXPECT_FALSE(config_from_pod(scratch_.path(""))->proxy);
  }
  for (const char* name : {"HTTPS_PROXY", "https_proxy"}) {
    const Variable proxy(name, "ftp://p");
    EXPECT_NE(config_from_pod(scratch_.path("")).error().message().find(name), std::string::npos)
        << name;
  }
}

TEST_F(Config, APodWithoutATokenIsAnErrorThatNamesTheFile) {
  scratch_.write("ca.crt", "pem");
  const auto missing = config_from_pod(scratch_.path(""));
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message().find("/token"), std::string::npos);
  scratch_.write("token", "\n");
  EXPECT_NE(config_from_pod(scratch_.path("")).error().message().find("/token is empty"),
            std::string::npos);
}

TEST_F(Config, ThePathWinsOverKubeconfigOverThePodOverHome) {
  const auto file = [&](const std::string& name) {
    return scratch_.write(name,
                          "current-context: c\ncontexts: [{name: c, context: {cluster: c}}]\n"
                          "clusters: [{name: c, cluster: {server: 'https://" +
                              name + "'}}]\n");
  };
  const Variable home("HOME", scratch_.path("").c_str());
  std::filesystem::create_directory(scratch_.path(".kube"));
  std::filesystem::copy_file(file("home"), scratch_.path(".kube/config"));
  const auto by_variable = file("variable");
  EXPECT_NE(load_config("").error().message().find("serviceaccount"), std::string::npos);
  {
    const Variable no_pod("KUBERNETES_SERVICE_HOST", nullptr);
    EXPECT_EQ(load_config("")->server, "https://home");
  }
  const Variable named("KUBECONFIG", by_variable.c_str());
  EXPECT_EQ(load_config("")->server, "https://variable");
  EXPECT_EQ(load_config(file("path"))->server, "https://path");
}

TEST_F(Config, NoConfigurationAtAllSaysWhatCanBeDone) {
  const Variable no_pod("KUBERNETES_SERVICE_HOST", nullptr);
  const Variable home("HOME", scratch_.path("nowhere").c_str());
  const auto config = load_config("");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message().find("give --kubeconfig, set KUBECONFIG"), std::string::npos);
}

TEST_F(Config, ExtraCasAreThoseOfTheirFileAndAnEmptyPathGivesNone) {
  ClusterConfig config;
  ASSERT_TRUE(add_extra_cas(config, "--extra-ca-file", ""));
  EXPECT_EQ(config.extra_ca_file, "");
  const std::string bundle = TestAuthority("one").ca_pem() + TestAuthority("two").ca_pem();
  ASSERT_TRUE(add_extra_cas(config, "--extra-ca-file", scratch_.write("cas.pem", bundle)));
  EXPECT_EQ(config.extra_ca_file, scratch_.path("cas.pem"));
  EXPECT_EQ(config.extra_ca_pem, bundle);
}

TEST_F(Config, AFileOfExtraCasThatIsWrongIsAnErrorThatNamesFlagAndFileAndWhatIsWrong) {
  const auto why_not = [&](const std::string& name) {
    ClusterConfig config;
    const auto added = add_extra_cas(config, "--extra-ca-file", scratch_.path(name));
    if (added) return std::string("no error");
    EXPECT_TRUE(base::is_invalid(added.error()));
    EXPECT_EQ(config.extra_ca_pem + config.extra_ca_file, "");
    EXPECT_THAT(added.error().message(), StartsWith("--extra-ca-file: "));
    EXPECT_THAT(added.error().message(), HasSubstr(scratch_.path(name)));
    return added.error().message();
  };
  const TestAuthority authority("a company");
  scratch_.write("empty", "");
  scratch_.write("der", "\x30\x82");
  scratch_.write("cut", authority.ca_pem().substr(0, 100));
  scratch_.write("key", authority.issue({}).key_pem);
  const std::string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  scratch_.write("broken", authority.ca_pem() + broken);
  EXPECT_THAT(why_not("nowhere"), HasSubstr("No such file"));
  for (const char* name : {"empty", "der", "cut"})
    EXPECT_THAT(why_not(name), HasSubstr("is not whole PEM"));
  for (const char* name : {"key", "broken"})
    EXPECT_THAT(why_not(name), HasSubstr("must hold certificates as PEM"));
  EXPECT_THAT(why_not(""), HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace cresset::kube
