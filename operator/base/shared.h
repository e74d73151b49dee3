#pragma once
// Shared<T>: an immutable value that all equal ones share, in the room of a pointer. For what
// thousands of cached objects hold alike (labels, owners); of texts see Interned. Equal is the same
// pointer; what equals T() is none at all; a value goes when the last that holds it goes. T has ==
// and, beside it, size_t hash_of(const T&), the same of what is equal (std::hash<Json> is not, of
// numbers of different types). Values; any thread, as with a shared_ptr.
//
//   Shared<Labels> labels = Labels{{"app", "a"}};  labels->find("app");  if (labels == other) …;

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_set>
#include <utility>

namespace cresset::base {

template <typename T>
struct SharedEntry {
  explicit SharedEntry(T value) : value(std::move(value)) {}
  const T value;
  std::atomic<uint32_t> uses{1};
};

// All values of a type that are held, each with its count. `Hash` and == take whatever a value is
// looked for by.
template <typename T, typename Hash>
class SharedTable {
 public:
  using Entry = SharedEntry<T>;

  // Never destroyed: what static objects hold may go later than it would.
  static SharedTable& get() {
    static SharedTable* const table = new SharedTable;
    return *table;
  }
  template <typename Key>
  Entry* hold(Key&& key) {
    std::lock_guard lock(mutex_);
    if (const auto found = entries_.find(key); found != entries_.end()) return hold(*found);
    return *entries_.insert(new Entry(T(std::forward<Key>(key)))).first;
  }
  static Entry* hold(Entry* entry) {
    if (entry != nullptr) entry->uses.fetch_add(1, std::memory_order_relaxed);
    return entry;
  }
  // The last use ends under the lock, where alone a new one can begin.
  void release(Entry* entry) {
    uint32_t uses = entry->uses.load(std::memory_order_relaxed);
    while (uses > 1)
      if (entry->uses.compare_exchange_weak(uses, uses - 1, std::memory_order_acq_rel)) return;
    std::lock_guard lock(mutex_);
    if (entry->uses.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
    entries_.erase(entry);
    delete entry;
  }
  size_t size() {
    std::lock_guard lock(mutex_);
    return entries_.size();
  }

 private:
  struct HashOf {
    using is_transparent = void;
    size_t operator()(Entry* entry) const { return Hash{}(entry->value); }
    size_t operator()(const auto& key) const { return Hash{}(key); }
  };
  struct SameValue {
    using is_transparent = void;
    static const T& of(Entry* entry) { return entry->value; }
    static const auto& of(const auto& key) { return key; }
    // Whatever T says of itself (a NaN): an entry is found again.
    bool operator()(Entry* one, Entry* other) const { return one == other || of(one) == of(other); }
    bool operator()(const auto& one, const auto& other) const { return of(one) == of(other); }
  };

  std::mutex mutex_;
  std::unordered_set<Entry*, HashOf, SameValue> entries_;
};

// One hash of two.
inline size_t hash_with(size_t one, size_t other) {
  return one ^ (other + 0x9e3779b97f4a7c15 + (one << 6) + (one >> 2));
}

template <typename T>
class Shared {
 public:
  Shared() = default;  // T()
  Shared(T value)      // NOLINT: implicit, so that it takes the place of a T in a struct
      : entry_(value == none() ? nullptr : Table::get().hold(std::move(value))) {}
  Shared(const Shared& other) : entry_(Table::hold(other.entry_)) {}
  Shared(Shared&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  Shared& operator=(Shared other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~Shared() {
    if (entry_ != nullptr) Table::get().release(entry_);
  }

  const T& operator*() const { return entry_ == nullptr ? none() : entry_->value; }
  const T* operator->() const { return &**this; }
  friend bool operator==(const Shared& one, const Shared& other) {
    return one.entry_ == other.entry_;
  }

  // How many different values there are in this process.
  static size_t held() { return Table::get().size(); }

 private:
  struct HashOf {
    size_t operator()(const T& value) const { return hash_of(value); }
  };
  using Table = SharedTable<T, HashOf>;
  static const T& none() {
    static const T* const kNone = new T();  // as the table: for static objects
    return *kNone;
  }

  typename Table::Entry* entry_ = nullptr;
};

}  // namespace cresset::base
