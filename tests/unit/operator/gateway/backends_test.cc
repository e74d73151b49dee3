#include "operator/gateway/backends.h"

#include <gtest/gtest.h>

#include <map>

namespace cresset::gateway {
namespace {

std::vector<BackendPtr> pods(std::initializer_list<int> loads) {
  std::vector<BackendPtr> list;
  for (const int load : loads) {
    list.push_back(std::make_shared<Backend>("10.0.0." + std::to_string(list.size()) + ":8080"));
    list.back()->in_flight = load;
  }
  return list;
}

TEST(Backends, TheLeastLoadedIsPicked) {
  const auto list = pods({3, 1, 2});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(least_loaded(list, 64, {}), list[1]);
}

TEST(Backends, EquallyLoadedOnesTakeTurns) {
  const auto list = pods({0, 0, 0});
  std::map<std::string, int> picks;
  for (int i = 0; i < 30; ++i) ++picks[least_loaded(list, 64, {})->address];
  EXPECT_EQ(picks.size(), 3u);
  for (const auto& [address, count] : picks) EXPECT_EQ(count, 10) << address;
}

TEST(Backends, FullRefusingAndExceptedOnesAreNotPicked) {
  const auto list = pods({64, 0, 0});
  list[1]->refuses = true;
  EXPECT_EQ(least_loaded(list, 64, {}), list[2]);
  EXPECT_EQ(least_loaded(list, 64, {list[2]->address}), nullptr);
  EXPECT_EQ(least_loaded({}, 64, {}), nullptr);
}

TEST(Backends, EveryAddressHasOneOwnerAndALeavingPeerMovesOnlyItsOwn) {
  const std::vector<std::string> three{"a", "b", "c"}, two{"a", "b"};
  std::map<std::string, int> owned;
  for (int i = 0; i < 300; ++i) {
    const std::string address = "10.0.0." + std::to_string(i) + ":8080";
    const std::string before = owner_of(address, three);
    ++owned[before];
    if (before != "c") {
      EXPECT_EQ(owner_of(address, two), before);
    }
  }
  EXPECT_EQ(owned.size(), 3u);
  EXPECT_EQ(owner_of("x", {}), "");
}

}  // namespace
}  // namespace cresset::gateway
