#include <algorithm>

#include "worker/data/table.h"

namespace cresset::data {

using base::Json;
using base::Result;

std::string Classes::name(int64_t code) const {
  const auto index = static_cast<size_t>(code);
  return integers ? std::to_string(numbers.at(index)) : texts.at(index);
}

Json encode(const Classes& classes) {
  return classes.integers ? Json(classes.numbers) : Json(classes.texts);
}

namespace {
base::Error wrong_classes(const std::string& path) {
  return base::invalid(path +
                       ": wanted an ascending list, without repetition, of whole numbers or texts");
}

template <typename T>
bool ascending(const std::vector<T>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::greater_equal<>()) == values.end();
}
}  // namespace

Result<Classes> decode_classes(const Json& json, const std::string& path) {
  Classes classes;
  if (!json.is_array() || json.empty()) return base::fail(wrong_classes(path));
  classes.integers = json.front().is_number_integer();
  for (const auto& value : json) {
    if (classes.integers ? !value.is_number_integer() : !value.is_string())
      return base::fail(wrong_classes(path));
    if (classes.integers)
      classes.numbers.push_back(value.get<int64_t>());
    else
      classes.texts.push_back(value.get<std::string>());
  }
  if (!ascending(classes.numbers) || !ascending(classes.texts))
    return base::fail(wrong_classes(path));
  return classes;
}

}  // namespace cresset::data
