#pragma once
// What an error shows of a file that a stranger wrote: the value as JSON, of a long one the
// beginning. A function; any thread.

#include "operator/base/clean_text.h"
#include "operator/base/json.h"

namespace cresset::text {

inline std::string shown(const base::Json& value) {
  constexpr size_t kMostShown = 80;
  return base::clean_line(base::dump(value), kMostShown);
}

}  // namespace cresset::text
