#pragma once
// Uid and ResourceVersion: what a cache has ten thousand of, in the room of what they mostly are (a
// UUID in lower case, a number) instead of a text's. What is written otherwise is kept as the text
// it is, so that value() gives back what was given. Values; any thread.
//
//   Uid uid("6ba7b810-9dad-41d1-80b4-00c04fd430c8");  log(uid.value());

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "operator/base/interned.h"

namespace cresset::base {

class Uid {
 public:
  Uid() = default;
  explicit Uid(std::string_view text);

  std::string value() const;
  bool empty() const { return *this == Uid(); }
  // An order, not that of the texts.
  auto operator<=>(const Uid&) const = default;
  bool operator==(const Uid&) const = default;

  friend size_t hash_of(const Uid& uid) {
    return hash_with(uid.uuid_[1], hash_with(uid.uuid_[0], hash_of(uid.other_)));
  }
  friend std::ostream& operator<<(std::ostream& out, const Uid& uid) { return out << uid.value(); }

 private:
  std::array<uint64_t, 2> uuid_{};
  Interned other_;  // "" for a UUID
};

class ResourceVersion {
 public:
  ResourceVersion() = default;
  explicit ResourceVersion(std::string_view text);

  std::string value() const;
  bool empty() const { return *this == ResourceVersion(); }
  bool operator==(const ResourceVersion&) const = default;

  friend std::ostream& operator<<(std::ostream& out, const ResourceVersion& version) {
    return out << version.value();
  }

 private:
  uint64_t number_ = 0;  // 0: none
  Interned other_;       // "" for a number
};

}  // namespace cresset::base

template <>
struct std::hash<cresset::base::Uid> {
  size_t operator()(const cresset::base::Uid& uid) const { return hash_of(uid); }
};
