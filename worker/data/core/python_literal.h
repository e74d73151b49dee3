#pragma once
// Literals of Python as JSON: texts, whole numbers, True and False, None, dictionaries of texts,
// and lists and tuples, which both become lists. What numpy.save writes as a header; nothing else
// of Python. Pure.

#include <string_view>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::data {

base::Result<base::Json> parse_python_literal(std::string_view text);

}  // namespace cresset::data
