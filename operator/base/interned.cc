#include "operator/base/interned.h"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_set>

namespace cresset::base {

struct Interned::Entry {
  explicit Entry(std::string_view text) : text(text) {}
  const std::string text;
  std::atomic<uint32_t> uses{1};
};

// Never destroyed: what static objects hold may go later than it would.
struct Interned::Table {
  struct HashOf {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    size_t operator()(const Entry* entry) const { return (*this)(entry->text); }
  };
  struct SameText {
    using is_transparent = void;
    static std::string_view of(std::string_view text) { return text; }
    static std::string_view of(const Entry* entry) { return entry->text; }
    bool operator()(const auto& one, const auto& other) const { return of(one) == of(other); }
  };
  std::mutex mutex;
  std::unordered_set<Entry*, HashOf, SameText> entries;

  static Table& get() {
    static Table* const table = new Table;
    return *table;
  }
};

const std::string& Interned::str() const {
  static const std::string* const kNone = new std::string;  // as the table: for static objects
  return entry_ == nullptr ? *kNone : entry_->text;
}

Interned::Entry* Interned::hold(std::string_view text) {
  if (text.empty()) return nullptr;
  Table& table = Table::get();
  std::lock_guard lock(table.mutex);
  if (const auto found = table.entries.find(text); found != table.entries.end()) {
    (*found)->uses.fetch_add(1, std::memory_order_relaxed);
    return *found;
  }
  return *table.entries.insert(new Entry(text)).first;
}

Interned::Entry* Interned::hold(Entry* entry) {
  if (entry != nullptr) entry->uses.fetch_add(1, std::memory_order_relaxed);
  return entry;
}

// The last use ends under the lock, where alone a new one can begin.
void Interned::release(Entry* entry) {
  uint32_t uses = entry->uses.load(std::memory_order_relaxed);
  while (uses > 1)
    if (entry->uses.compare_exchange_weak(uses, uses - 1, std::memory_order_acq_rel)) return;
  Table& table = Table::get();
  std::lock_guard lock(table.mutex);
  if (entry->uses.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  table.entries.erase(entry);
  delete entry;
}

size_t Interned::held() {
  Table& table = Table::get();
  std::lock_guard lock(table.mutex);
  return table.entries.size();
}

}  // namespace cresset::base
