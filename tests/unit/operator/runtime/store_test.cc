#include "operator/runtime/store.h"

#include <gtest/gtest.h>

namespace cresset::runtime {
namespace {

struct Thing {
  kube::ObjectMeta meta;
  std::string color;
};

std::shared_ptr<const Thing> thing(const std::string& name, const std::string& color) {
  Thing made;
  made.meta.ns = "team";
  made.meta.name = name;
  made.color = color;
  return std::make_shared<const Thing>(std::move(made));
}

class Things : public ::testing::Test {
 protected:
  Things() {
    store_.add_index("color", [](const Thing& it) { return std::vector{it.color}; });
  }
  std::string names(const std::string& color) {
    std::string text;
    for (const auto& it : store_.by_index("color", color)) text += it->meta.name;
    return text;
  }
  Store<Thing> store_;
};

TEST_F(Things, AreFoundByKeyAndByIndex) {
  store_.put(thing("a", "red"));
  store_.put(thing("b", "red"));
  store_.put(thing("c", "blue"));
  EXPECT_EQ(store_.get({"team", "b"})->color, "red");
  EXPECT_EQ(store_.get({"other", "b"}), nullptr);
  EXPECT_EQ(names("red"), "ab");
  EXPECT_EQ(names("green"), "");
  EXPECT_EQ(store_.list().size(), 3U);
}

TEST_F(Things, GiveTheKeysOfOneNamespace) {
  auto elsewhere = std::make_shared<Thing>(*thing("a", "red"));
  elsewhere->meta.ns = "team-b";
  store_.put(elsewhere);
  store_.put(thing("b", "red"));
  store_.put(thing("a", "red"));
  const std::vector<kube::ObjectKey> in_team{{"team", "a"}, {"team", "b"}};
  EXPECT_EQ(store_.keys("team"), in_team);
  EXPECT_EQ(store_.keys("team-b"), (std::vector<kube::ObjectKey>{{"team-b", "a"}}));
  EXPECT_EQ(store_.keys("tea").size(), 0U);
  EXPECT_EQ(store_.keys().size(), 3U);
}

TEST_F(Things, AreSortedByKeyInAnIndexAndThereOnceHoweverOftenTheyAreNamed) {
  store_.add_index("twice", [](const Thing& it) { return std::vector{it.color, it.color}; });
  for (const char* name : {"c", "a", "b"}) store_.put(thing(name, "red"));
  EXPECT_EQ(names("red"), "abc");
  ASSERT_EQ(store_.by_index("twice", "red").size(), 3U);
  EXPECT_EQ(store_.by_index("twice", "red")[2]->meta.name, "c");
  store_.erase({"team", "b"});
  EXPECT_EQ(store_.by_index("twice", "red").size(), 2U);
}

TEST_F(Things, MoveInTheIndexWhenTheyChange) {
  store_.put(thing("a", "red"));
  const auto before = store_.put(thing("a", "blue"));
  EXPECT_EQ(before->color, "red");
  EXPECT_EQ(names("red"), "");
  EXPECT_EQ(names("blue"), "a");
}

TEST_F(Things, LeaveTheIndexWhenErasedWhileReadersKeepTheirs) {
  store_.put(thing("a", "red"));
  const auto kept = store_.get({"team", "a"});
  EXPECT_EQ(store_.erase({"team", "a"}), kept);
  EXPECT_EQ(store_.erase({"team", "a"}), nullptr);
  EXPECT_EQ(names("red"), "");
  EXPECT_EQ(kept->color, "red");
}

}  // namespace
}  // namespace cresset::runtime
