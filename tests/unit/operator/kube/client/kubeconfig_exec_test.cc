// users[].user.exec of a kubeconfig.
#include <gtest/gtest.h>

#include "operator/base/digest.h"
#include "operator/base/json.h"
#include "operator/kube/client/kubeconfig.h"

namespace cresset::kube::kubeconfig_exec_test {
namespace {

const std::string kPem = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n";
const std::string kV1 = "apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never";

base::Result<ClusterConfig> with(const std::string& exec, const std::string& cluster = "",
                                 const std::string& file = "/home/me/.kube/config") {
  const std::string text =
      "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: me}}]\n"
      "clusters: [{name: c, cluster: {server: 'https://a:1'" +
      cluster + "}}]\nusers: [{name: me, user: {exec: " + exec + "}}]\n";
  return parse_kubeconfig({{file, text}}, "",
                          [](const std::string&) { return base::Result<std::string>(kPem); });
}

std::string error_of(const std::string& exec, const std::string& cluster = "") {
  const auto config = with(exec, cluster);
  return config ? "no error" : config.error().message();
}

std::string command_of(const std::string& command, const std::string& file) {
  const auto config = with("{" + kV1 + ", command: " + command + "}", "", file);
  return config ? config->exec->command : config.error().message();
}

base::Json info_of(const std::string& exec, const std::string& cluster = "") {
  const auto config = with("{" + kV1 + ", command: x" + exec + "}", cluster);
  return config ? base::parse_json(config->exec->info).value() : base::Json(nullptr);
}

TEST(KubeconfigExec, IsReadWithArgumentsAndVariables) {
  const auto config = with("{" + kV1 +
                           ", command: aws, args: [eks, '--n', 7], env: [{name: A, value: b}, "
                           "{name: C}], installHint: \"get it\\e[31m\\nhere\"}");
  ASSERT_TRUE(config) << config.error().message();
  const ExecPlugin& plugin = *config->exec;
  EXPECT_EQ(plugin.name(),
            "the credential plugin \"aws\" (/home/me/.kube/config: users[\"me\"].user.exec)");
  EXPECT_EQ(plugin.api_version, "client.authentication.k8s.io/v1");
  EXPECT_EQ(plugin.arguments, (std::vector<std::string>{"eks", "--n", "7"}));
  EXPECT_EQ(plugin.environment,
            (std::vector<std::pair<std::string, std::string>>{{"A", "b"}, {"C", ""}}));
  EXPECT_EQ(plugin.install_hint, "get it [31m here");
}

TEST(KubeconfigExec, ARelativePathBeginsAtTheFolderOfTheKubeconfig) {
  EXPECT_EQ(command_of("aws", "/home/me/config"), "aws");
  EXPECT_EQ(command_of("/bin/aws", "/home/me/config"), "/bin/aws");
  EXPECT_EQ(command_of("./aws", "/home/me/config"), "/home/me/./aws");
  EXPECT_EQ(command_of("../bin/aws", "/home/me/config"), "/home/me/../bin/aws");
  EXPECT_EQ(command_of("bin/aws", "config"), "bin/aws");
}

TEST(KubeconfigExec, ThePluginIsToldTheClusterWhenItWantsIt) {
  EXPECT_EQ(info_of(""), (base::Json{{"kind", "ExecCredential"},
                                     {"apiVersion", "client.authentication.k8s.io/v1"},
                                     {"spec", {{"interactive", false}}}}));
  const auto cluster = info_of(
      ", provideClusterInfo: true",
      ", certificate-authority: ca.crt, tls-server-name: kube, proxy-url: 'http://p', extensions: "
      "[{name: other, "
      "extension: 1}, {name: client.authentication.k8s.io/exec, extension: {audience: a, n: [1, "
      "'2', true]}}]")["spec"]["cluster"];
  EXPECT_EQ(cluster, (base::Json{{"server", "https://a:1"},
                                 {"tls-server-name", "kube"},
                                 {"proxy-url", "http://p"},
                                 {"certificate-authority-data", base::base64(kPem)},
                                 {"config", {{"audience", "a"}, {"n", {1, "2", true}}}}}));
  const auto plain = info_of(", provideClusterInfo: true", ", insecure-skip-tls-verify: true");
  EXPECT_EQ(plain["spec"]["cluster"],
            (base::Json{{"server", "https://a:1"}, {"insecure-skip-tls-verify", true}}));
}

TEST(KubeconfigExec, OfTheOlderVersionMayLeaveOutTheMode) {
  EXPECT_EQ(error_of("{apiVersion: client.authentication.k8s.io/v1beta1, command: x}"), "no error");
  EXPECT_EQ(error_of("{apiVersion: client.authentication.k8s.io/v1, interactiveMode: IfAvailable, "
                     "command: x}"),
            "no error");
}

TEST(KubeconfigExec, EveryWrongFieldIsNamed) {
  const std::string exec = "/home/me/.kube/config: users[\"me\"].user.exec";
  const std::pair<std::string, std::string> rows[] = {
      {"7", " must be a map"},
      {"{command: x}",
       ".apiVersion must be client.authentication.k8s.io/v1 or "
       "client.authentication.k8s.io/v1beta1, found \"\""},
      {"{apiVersion: client.authentication.k8s.io/v1alpha1}",
       ".apiVersion must be client.authentication.k8s.io/v1 or "
       "client.authentication.k8s.io/v1beta1, found \"client.authentication.k8s.io/v1alpha1\""},
      {"{apiVersion: client.authentication.k8s.io/v1, command: x}",
       ".interactiveMode must be Never or IfAvailable, found \"\""},
      {"{apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}",
       ".interactiveMode is Always, but there is no terminal that the plugin could ask on; Never "
       "and IfAvailable are allowed"},
      {"{" + kV1 + "}", ".command is required"},
      {"{" + kV1 + ", command: [x]}", ".command must be a string"},
      {"{" + kV1 + ", command: \"x\\0y\"}", ".command must not hold a zero byte"},
      {"{" + kV1 + ", command: x, args: y}", ".args must be a list of strings"},
      {"{" + kV1 + ", command: x, args: [a, [b]]}", ".args[1] must be a string"},
      {"{" + kV1 + ", command: x, args: [\"\\0\"]}", ".args[0] must not hold a zero byte"},
      {"{" + kV1 + ", command: x, env: {A: b}}", ".env must be a list of name and value"},
      {"{" + kV1 + ", command: x, env: [A]}", ".env[0] must have name and value"},
      {"{" + kV1 + ", command: x, env: [{name: A=, value: b}]}",
       ".env[0].name must be the name of a variable, without ="},
      {"{" + kV1 + ", command: x, env: [{name: A, value: [b]}]}", ".env[0].value must be a string"},
      {"{" + kV1 + ", command: x, provideClusterInfo: 1}",
       ".provideClusterInfo must be true or false, found \"1\""},
  };
  for (const auto& [text, wanted] : rows) EXPECT_EQ(error_of(text), exec + wanted) << text;
}

TEST(KubeconfigExec, AndAnotherCredentialExcludeEachOther) {
  for (const std::string key : {"token", "tokenFile", "client-certificate-data", "client-key"})
    EXPECT_EQ(error_of("{" + kV1 + ", command: x}, " + key + ": y"),
              "/home/me/.kube/config: users[\"me\"].user.exec and " + key + " exclude each other");
}

TEST(KubeconfigExec, WhatThePluginIsToldOfTheClusterIsBounded) {
  const auto error =
      error_of("{" + kV1 + ", command: x, provideClusterInfo: true}",
               ", extensions: [{name: client.authentication.k8s.io/exec, extension: &a [*a]}]");
  EXPECT_EQ(error,
            "/home/me/.kube/config: "
            "clusters[\"c\"].cluster.extensions[\"client.authentication.k8s.io/exec\"] is nested "
            "too deep or too large");
}

}  // namespace
}  // namespace cresset::kube::kubeconfig_exec_test
