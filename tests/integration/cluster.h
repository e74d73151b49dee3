#pragma once
// What the C++ integration tests share: a client to the API server that KUBECONFIG names, and a
// namespace of each test's own, deleted with it.

#include <gtest/gtest.h>

#include "operator/kube/client/client.h"

namespace cresset::integration {

inline kube::ClusterConfig cluster_config() {
  auto config = kube::load_config();
  if (!config) {
    ADD_FAILURE() << config.error().message();
    return {};
  }
  return *config;
}

// For GoogleTest: the message of a Result's error.
template <typename T>
std::string why(const base::Result<T>& result) {
  return result ? "" : result.error().message();
}

class ClusterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    static int made = 0;
    ns_ = "test-" + std::to_string(getpid()) + "-" + std::to_string(made++);
    const auto namespace_made =
        client_.create(kube::kNamespaces, "", {{"metadata", {{"name", ns_}}}});
    ASSERT_TRUE(namespace_made) << why(namespace_made);
  }
  void TearDown() override { EXPECT_TRUE(client_.remove(kube::kNamespaces, {"", ns_})); }

  base::Json config_map(const std::string& name, const std::string& value = "1") const {
    return {{"metadata", {{"name", name}, {"labels", {{"from", ns_}}}}}, {"data", {{"v", value}}}};
  }
  base::Result<base::Json> create(const std::string& name, const std::string& value = "1") {
    return client_.create(kube::kConfigMaps, ns_, config_map(name, value));
  }
  std::string version_of(const base::Json& object) const {
    return base::text_at(object, "/metadata/resourceVersion");
  }

  kube::Client client_{cluster_config(), base::silent()};
  std::string ns_;
};

}  // namespace cresset::integration
