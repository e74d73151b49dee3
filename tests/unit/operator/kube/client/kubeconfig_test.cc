#include <gtest/gtest.h>

#include "operator/base/digest.h"
#include "operator/kube/client/config.h"
#include "tests/unit/operator/kube/client/scratch.h"

namespace cresset::kube {
namespace {

const std::string kPem = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n";

class Kubeconfig : public ::testing::Test {
 protected:
  // A whole kubeconfig with these lines in its cluster and its user.
  std::string with(const std::string& cluster, const std::string& user) {
    return scratch_.write("config",
                          "apiVersion: v1\nkind: Config\ncurrent-context: home\n"
                          "contexts:\n"
                          "- name: home\n  context: {cluster: lab, user: me, namespace: team}\n"
                          "- name: away\n  context: {cluster: lab, user: me}\n"
                          "clusters:\n- name: lab\n  cluster: " +
                              cluster + "\nusers:\n- name: me\n  user: " + user + "\n");
  }
  std::string error_of(const std::string& path, const std::string& context = "") {
    const auto config = config_from_kubeconfig(path, context);
    return config ? "no error" : config.error().message();
  }
  Scratch scratch_;
  NoProxy no_proxy_;
};

TEST_F(Kubeconfig, InlineDataIsDecoded) {
  const auto path =
      with("{server: 'https://10.0.0.1:6443/', certificate-authority-data: " + base::base64(kPem) +
               ", tls-server-name: kubernetes}",
           "{client-certificate-data: " + base::base64(kPem) +
               ", client-key-data: " + base::base64(kPem) + "}");
  const auto config = config_from_kubeconfig(path);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->server, "https://10.0.0.1:6443");
  EXPECT_EQ(config->ca_pem, kPem);
  EXPECT_EQ(config->tls_server_name, "kubernetes");
  EXPECT_EQ(config->certificate_pem, kPem);
  EXPECT_EQ(config->key_pem, kPem);
  EXPECT_EQ(config->ca_file + config->certificate_file + config->key_file, "");
  EXPECT_EQ(config->default_namespace, "team");
  EXPECT_FALSE(config->insecure_skip_verify);
}

TEST_F(Kubeconfig, FilesAreFoundBesideTheKubeconfig) {
  scratch_.write("ca.crt", kPem);
  const auto path =
      with("{server: 'https://a:1', certificate-authority: ca.crt}", "{tokenFile: tokens/me}");
  const auto config = config_from_kubeconfig(path);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->ca_pem, kPem);
  EXPECT_EQ(config->ca_file, scratch_.path("ca.crt"));
  EXPECT_EQ(config->token_file, scratch_.path("tokens/me"));
}

TEST_F(Kubeconfig, AnotherContextMayBeNamed) {
  const auto path = with("{server: 'https://a:1', insecure-skip-tls-verify: true}", "{token: t}");
  const auto config = config_from_kubeconfig(path, "away");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->token, "t");
  EXPECT_EQ(config->default_namespace, "default");
  EXPECT_TRUE(config->insecure_skip_verify);
  EXPECT_EQ(error_of(path, "moon"), path + ": contexts has no \"moon\"; it has home, away");
}

TEST_F(Kubeconfig, OfSeveralFilesTheFirstThatNamesAnEntryWins) {
  const auto first = with("{server: 'https://first:1'}", "{token: one}");
  const auto second =
      scratch_.write("second",
                     "clusters:\n- {name: lab, cluster: {server: 'https://second:1'}}\n"
                     "- {name: far, cluster: {server: 'https://far:1'}}\n"
                     "contexts:\n- {name: extra, context: {cluster: far, user: me}}\n");
  EXPECT_EQ(config_from_kubeconfig(first + ":" + second)->server, "https://first:1");
  EXPECT_EQ(config_from_kubeconfig(first + ":" + second, "extra")->server, "https://far:1");
}

TEST_F(Kubeconfig, UnknownKeysAreNoError) {
  EXPECT_EQ(error_of(with("{server: 'https://a:1', extensions: []}", "{token: t, new: 1}")),
            "no error");
}

TEST_F(Kubeconfig, WhatCannotBeHonouredIsNamedAndNotIgnored) {
  for (const std::string key : {"auth-provider", "username", "as"}) {
    const auto path = with("{server: 'https://a:1'}", "{token: t, " + key + ": {x: y}}");
    EXPECT_EQ(error_of(path).find(path + ": users[\"me\"].user." + key + " is not supported; give"),
              0U)
        << error_of(path);
  }
  const auto path = with("{server: 'https://a:1', proxy-url: 'socks5://p'}", "{token: t}");
  EXPECT_EQ(
      error_of(path),
      path +
          ": clusters[\"lab\"].cluster.proxy-url cannot be used: the proxy \"socks5://p\" must "
          "start with http://, the only kind that is supported");
}

TEST_F(Kubeconfig, NamesTheProxyAndElseTheEnvironmentDoes) {
  const Variable usual("HTTPS_PROXY", "http://usual:3128");
  const Variable except("NO_PROXY", "near");
  const auto proxy_of = [&](const std::string& cluster) {
    const auto config = config_from_kubeconfig(with(cluster, "{token: t}"));
    EXPECT_TRUE(config) << config.error().message();
    return config->proxy ? config->proxy->host : "none";
  };
  EXPECT_EQ(proxy_of("{server: 'https://a:1', proxy-url: 'http://own'}"), "own");
  EXPECT_EQ(proxy_of("{server: 'https://a:1'}"), "usual");
  EXPECT_EQ(proxy_of("{server: 'https://near:1'}"), "none");
  EXPECT_EQ(proxy_of("{server: 'https://127.0.0.1:1', proxy-url: 'http://own'}"), "own");
}

TEST_F(Kubeconfig, EveryWrongFieldIsNamedWithItsFile) {
  const auto expect = [&](const std::string& cluster, const std::string& user,
                          const std::string& wanted) {
    const auto path = with(cluster, user);
    EXPECT_EQ(error_of(path), path + ": " + wanted);
  };
  expect("{server: 'a:1'}", "{}",
         "clusters[\"lab\"].cluster.server must start with https:// or http://, found \"a:1\"");
  expect("{server: 'https://a', certificate-authority-data: '%%'}", "{}",
         "clusters[\"lab\"].cluster.certificate-authority-data must be base64");
  expect("{server: 'https://a', insecure-skip-tls-verify: maybe}", "{}",
         "clusters[\"lab\"].cluster.insecure-skip-tls-verify must be true or false, found "
         "\"maybe\"");
  expect("{server: 'https://a'}", "{token: [1]}", "users[\"me\"].user.token must be a string");
  expect("{server: 'https://a'}", "{client-certificate-data: " + base::base64(kPem) + "}",
         "users[\"me\"].user.client-key is missing; certificate and key come together");
  expect("{server: 'https://a'}", "{client-key-data: " + base::base64("garbage") + "}",
         "users[\"me\"].user.client-key-data must hold PEM, which starts with -----BEGIN");
  expect("7", "{}", "clusters[\"lab\"].cluster must be a map");
}

TEST_F(Kubeconfig, BrokenFilesAreErrors) {
  const auto broken = scratch_.write("broken", "clusters: [\n");
  EXPECT_EQ(error_of(broken).find(broken + ": broken YAML: "), 0U) << error_of(broken);
  const auto list = scratch_.write("list", "- a\n");
  EXPECT_EQ(error_of(list), list + ": must be a map with clusters, users and contexts");
  const auto empty = scratch_.write("empty", "clusters: []\n");
  EXPECT_EQ(error_of(empty), empty + ": current-context is required");
  EXPECT_NE(error_of(scratch_.path("none")).find(scratch_.path("none")), std::string::npos);
}

}  // namespace
}  // namespace cresset::kube
