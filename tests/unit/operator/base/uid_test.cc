#include "operator/base/uid.h"

#include <gtest/gtest.h>

#include <sstream>
#include <type_traits>
#include <unordered_set>

namespace cresset::base {
namespace {

static_assert(!std::is_convertible_v<std::string, Uid>);
static_assert(!std::is_convertible_v<Uid, ResourceVersion>);
static_assert(sizeof(Uid) == 24 && sizeof(ResourceVersion) == 16);

constexpr char kUuid[] = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";

TEST(Uid, GivesBackWhatItWasMadeOfWhateverThatIs) {
  for (const char* text :
       {"", "u", kUuid, "6BA7B810-9dad-41d1-80b4-00c04fd430c8",
        "6ba7b810-9dad-41d1-80b4-00c04fd430c", "6ba7b810-9dad-41d1-80b4-00c04fd430c8a",
        "6ba7b810x9dad-41d1-80b4-00c04fd430c8", "6ba7b810-9dad-41d1-80b4-00c04fd430cg",
        "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001",
        "ffffffff-ffff-ffff-ffff-ffffffffffff"})
    EXPECT_EQ(Uid(text).value(), text);
  EXPECT_TRUE(Uid().empty());
  EXPECT_TRUE(Uid("").empty());
  EXPECT_FALSE(Uid(kUuid).empty());
  EXPECT_FALSE(Uid("u").empty());
}

TEST(Uid, ComparesHashesAndPrintsAsItsText) {
  EXPECT_EQ(Uid(kUuid), Uid(kUuid));
  EXPECT_NE(Uid(kUuid), Uid("6ba7b810-9dad-41d1-80b4-00c04fd430c9"));
  EXPECT_NE(Uid("a"), Uid("b"));
  EXPECT_LT(Uid("a"), Uid("b"));
  EXPECT_EQ(std::unordered_set<Uid>({Uid("a"), Uid(kUuid), Uid("a"), Uid(kUuid)}).size(), 2u);
  std::ostringstream out;
  out << Uid(kUuid) << " " << Uid("u") << " " << ResourceVersion("7");
  EXPECT_EQ(out.str(), std::string(kUuid) + " u 7");
}

TEST(ResourceVersion, GivesBackWhatItWasMadeOfWhateverThatIs) {
  for (const char* text : {"", "0", "7", "007", "18446744073709551615", "18446744073709551616",
                           "-1", "+1", "7a", " 7", "a text"})
    EXPECT_EQ(ResourceVersion(text).value(), text);
  EXPECT_TRUE(ResourceVersion("").empty());
  EXPECT_FALSE(ResourceVersion("0").empty());
  EXPECT_EQ(ResourceVersion("7"), ResourceVersion("7"));
  EXPECT_NE(ResourceVersion("7"), ResourceVersion("07"));
}

}  // namespace
}  // namespace cresset::base
