#pragma once
// Strong types for values that must not mix: a Rank is not a WorldSize, a Uid is not a
// ResourceVersion. Values, any thread. Compare and hash like what they hold; get the inner value
// by `.value()`.
//
//   using Rank = base::Strong<struct RankTag, int>;
//   Rank rank{3};

#include <compare>
#include <functional>
#include <ostream>
#include <string>
#include <utility>

#include "operator/base/interned.h"

namespace cresset::base {

template <typename Tag, typename T>
class Strong {
 public:
  Strong() = default;
  explicit Strong(T value) : value_(std::move(value)) {}

  const T& value() const { return value_; }
  auto operator<=>(const Strong&) const = default;

  friend std::ostream& operator<<(std::ostream& out, const Strong& strong) {
    return out << strong.value_;
  }

 private:
  T value_{};
};

using Uid = Strong<struct UidTag, std::string>;
// As a Uid; of what thousands of objects name alike, their owner.
using SharedUid = Strong<struct SharedUidTag, Interned>;
inline bool operator==(const SharedUid& one, const Uid& other) {
  return one.value() == other.value();
}
using ResourceVersion = Strong<struct ResourceVersionTag, std::string>;
using Rank = Strong<struct RankTag, int>;
using WorldSize = Strong<struct WorldSizeTag, int>;
using Round = Strong<struct RoundTag, int>;

}  // namespace cresset::base

template <typename Tag, typename T>
struct std::hash<cresset::base::Strong<Tag, T>> {
  size_t operator()(const cresset::base::Strong<Tag, T>& strong) const {
    return std::hash<T>{}(strong.value());
  }
};
