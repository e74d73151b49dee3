#include "controllers/common/foreign.h"

#include <gtest/gtest.h>

namespace cresset::controllers {
namespace {

using base::Json;

Json object(Json meta) { return {{"metadata", std::move(meta)}}; }
Json owner(const char* kind, const char* name, bool controller) {
  return {{"apiVersion", "v1"},
          {"kind", kind},
          {"name", name},
          {"uid", name},
          {"controller", controller}};
}

TEST(HolderOf, TellsTheControllerBeforeAnyOtherOwner) {
  EXPECT_EQ(
      holder_of(object({{"ownerReferences",
                         {owner("ConfigMap", "a", false), owner("Deployment", "web", true)}}})),
      "Deployment web");
  EXPECT_EQ(holder_of(object({{"ownerReferences", {owner("ConfigMap", "a", false)}}})),
            "ConfigMap a");
}

TEST(HolderOf, WithoutOwnersTellsWhoManagesOrWroteIt) {
  const Json written = Json::array({{{"manager", "kubectl-create"}}});
  EXPECT_EQ(holder_of(object({{"managedFields", written}})),
            "no owner; written with kubectl-create");
  EXPECT_EQ(holder_of(object({{"managedFields", written},
                              {"labels", {{"app.kubernetes.io/managed-by", "Helm"}}}})),
            "no owner; managed by Helm");
  EXPECT_EQ(holder_of(object(Json::object())), "no owner");
}

}  // namespace
}  // namespace cresset::controllers
