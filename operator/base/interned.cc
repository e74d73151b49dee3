#include "operator/base/interned.h"

namespace cresset::base {

const std::string& Interned::str() const {
  static const std::string* const kNone = new std::string;  // as the table: for static objects
  return entry_ == nullptr ? *kNone : entry_->value;
}

Interned::Entry* Interned::hold(std::string_view text) {
  return text.empty() ? nullptr : Table::get().hold(text);
}

size_t Interned::held() { return Table::get().size(); }

}  // namespace cresset::base
