#include "operator/base/yaml_scalar.h"

#include <gtest/gtest.h>

namespace cresset::base {
namespace {

TEST(YamlScalar, HasTheTypeThatKubernetesReads) {
  const std::pair<const char*, Json> rows[] = {
      {"", nullptr},  {"~", nullptr},    {"null", nullptr}, {"true", true},  {"False", false},
      {"-7", -7},     {"+3", 3},         {"1.5", 1.5},      {"1e3", 1000.0}, {".5", 0.5},
      {"yes", "yes"}, {"300m", "300m"},  {"0x10", "0x10"},  {"-", "-"},      {"1e999", "1e999"},
      {"9x", "9x"},   {"1.2.3", "1.2.3"}};
  for (const auto& [text, value] : rows) EXPECT_EQ(yaml_scalar(text), value) << text;
}

}  // namespace
}  // namespace cresset::base
