#pragma once
// Result<T> is a T or an Error (tl::expected until the compiler has std::expected). A value, any
// thread. Two early-return macros and no more:
//
//   Result<Config> load(const std::string& path) {
//     CRESSET_TRY(text, read_file(path));             // declares `text`, or returns the error
//     CRESSET_CHECK(check_size(text));                // Result<void>: returns the error
//     return parse(text);
//   }

#include <tl/expected.hpp>

#include "operator/base/error.h"

namespace cresset::base {

template <typename T>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

// return fail(invalid("..."));
inline Failure fail(Error error) { return Failure(std::move(error)); }

}  // namespace cresset::base

#define CRESSET_CONCAT_INNER(a, b) a##b
#define CRESSET_CONCAT(a, b) CRESSET_CONCAT_INNER(a, b)

#define CRESSET_TRY_NAMED(result, name, expression)                     \
  auto result = (expression);                                           \
  if (!result) return ::cresset::base::fail(std::move(result).error()); \
  auto name = std::move(*result)
#define CRESSET_TRY(name, expression) \
  CRESSET_TRY_NAMED(CRESSET_CONCAT(cresset_result_, __LINE__), name, expression)

#define CRESSET_CHECK(expression)                                       \
  do {                                                                  \
    if (auto cresset_checked = (expression); !cresset_checked)          \
      return ::cresset::base::fail(std::move(cresset_checked).error()); \
  } while (false)
