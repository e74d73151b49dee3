#pragma once
// What the fuzz targets share. A check that does not hold ends the process, which is what the
// fuzzer looks for. kPlanted is true in NAME_planted alone, a build of the same target whose
// reading is wrong in one rare case: `./dev fuzz --planted` shows that the checks find it. Any
// thread.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "operator/base/json.h"

namespace cresset::fuzz {

#ifdef CRESSET_PLANTED_BUG
inline constexpr bool kPlanted = true;
#else
inline constexpr bool kPlanted = false;
#endif

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view view(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// As it is after it was sent and read again.
inline base::Json sent(const base::Json& value) {
  auto back = base::parse_json(base::dump(value));
  require(back.has_value());
  return std::move(*back);
}

// `spec` without the fields, its own and those of its parts, that are null.
inline base::Json without_nulls(base::Json spec) {
  const auto drop = [](base::Json& object) {
    for (auto field = object.begin(); field != object.end();)
      field = field->is_null() ? object.erase(field) : std::next(field);
  };
  if (!spec.is_object()) return spec;
  drop(spec);
  for (const auto& [key, part] : spec.items())
    if (part.is_object() && key != "resources" && key != "nodeSelector") drop(part);
  return spec;
}

}  // namespace cresset::fuzz
