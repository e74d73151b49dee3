#pragma once
// Interned: an immutable text that all equal ones share, in the room of a pointer. For what
// thousands of cached objects say alike (namespaces, labels, owners, nodes, reasons), not for what
// is of one object alone (its name, its uid). Equal is the same pointer; a text goes when the last
// that holds it goes. Values; any thread, as with a shared_ptr. Reads like a const std::string&.
//
//   Interned node = "node-1";  if (node == other.node) …;  log(node.str());

#include <compare>
#include <concepts>
#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "operator/base/shared.h"

namespace cresset::base {

class Interned {
 public:
  Interned() = default;  // ""
  // NOLINTBEGIN: implicit, so that it takes the place of a std::string in a struct.
  Interned(std::string_view text) : entry_(hold(text)) {}
  Interned(const std::string& text) : Interned(std::string_view(text)) {}
  Interned(const char* text) : Interned(std::string_view(text)) {}
  // NOLINTEND
  Interned(const Interned& other) : entry_(Table::hold(other.entry_)) {}
  Interned(Interned&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  Interned& operator=(Interned other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~Interned() {
    if (entry_ != nullptr) Table::get().release(entry_);
  }

  const std::string& str() const;
  // NOLINTBEGIN: see above. Of one that is about to go, a text of its own.
  operator const std::string&() const& { return str(); }
  operator std::string() const&& { return str(); }
  // NOLINTEND
  bool empty() const { return entry_ == nullptr; }
  size_t size() const { return str().size(); }

  friend bool operator==(const Interned& one, const Interned& other) {
    return one.entry_ == other.entry_;
  }
  friend std::strong_ordering operator<=>(const Interned& one, const Interned& other) {
    return one.str() <=> other.str();
  }
  // Without making one of the text that it is compared with.
  template <std::convertible_to<std::string_view> Text>
  friend bool operator==(const Interned& one, const Text& other) {
    return one.str() == std::string_view(other);
  }
  template <std::convertible_to<std::string_view> Text>
  friend std::strong_ordering operator<=>(const Interned& one, const Text& other) {
    return std::string_view(one.str()) <=> std::string_view(other);
  }
  friend std::string operator+(std::string one, const Interned& other) {
    return std::move(one) + other.str();
  }
  friend std::string operator+(const Interned& one, std::string_view other) {
    return one.str() + std::string(other);
  }
  friend std::ostream& operator<<(std::ostream& out, const Interned& text) {
    return out << text.str();
  }

  friend size_t hash_of(const Interned& text) { return std::hash<const void*>{}(text.entry_); }

  // How many different texts there are in this process.
  static size_t held();

 private:
  using Entry = SharedEntry<std::string>;
  using Table = SharedTable<std::string, std::hash<std::string_view>>;
  static Entry* hold(std::string_view text);

  Entry* entry_ = nullptr;
};

}  // namespace cresset::base
