// Whoever writes one of our objects reaches nothing outside its namespace: there is no field that
// could say so.
#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>

#include "tests/support/schema_parity.h"

namespace cresset::crds {
namespace {

using base::Json;

std::string schema_of(const std::string& kind) { return "helm/cresset/schemas/" + kind + ".yaml"; }

// The last name of "spec.model.trainingJob", in small letters.
std::string field_of(const std::string& path) {
  std::string name = path.substr(path.rfind('.') + 1);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

class Kinds : public ::testing::TestWithParam<std::string> {};

TEST_P(Kinds, HaveNoFieldThatNamesANamespaceOrAnotherKind) {
  const auto paths =
      testing::schema_paths(testing::field_schema(schema_of(GetParam()), "spec"), "spec");
  ASSERT_GT(paths.size(), 10U);
  for (const auto& path : paths) {
    EXPECT_EQ(field_of(path).find("namespace"), std::string::npos) << path;
    for (const char* other : {"kind", "apiversion", "apigroup", "group"})
      EXPECT_NE(field_of(path), other) << path;
  }
}

TEST_P(Kinds, ReferToOthersByAName) {
  const auto paths =
      testing::schema_paths(testing::field_schema(schema_of(GetParam()), "spec"), "spec");
  int references = 0;
  for (const auto& path : paths) {
    const size_t end = path.rfind("Ref.");
    if (end == std::string::npos) continue;
    ++references;
    EXPECT_EQ(path.substr(end), "Ref.name") << path;
  }
  EXPECT_GT(references, 0);
}

TEST_P(Kinds, AreNamespaced) {
  EXPECT_EQ(testing::read_yaml(schema_of(GetParam()))["spec"]["scope"], "Namespaced");
}

INSTANTIATE_TEST_SUITE_P(All, Kinds, ::testing::Values("training_job", "model_service"));

}  // namespace
}  // namespace cresset::crds
