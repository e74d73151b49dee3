#include "operator/base/yaml_scalar.h"

#include <charconv>
#include <regex>

namespace cresset::base {

Json yaml_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  static const std::regex kInteger("[-+]?[0-9]+");
  static const std::regex kNumber("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
  const char* begin = text.data() + (text.front() == '+' ? 1 : 0);
  const char* end = text.data() + text.size();
  if (text.size() < 64 && std::regex_match(text, kInteger)) {
    int64_t whole = 0;
    if (std::from_chars(begin, end, whole).ec == std::errc()) return whole;
  }
  if (text.size() < 64 && std::regex_match(text, kNumber)) {
    double number = 0;
    if (std::from_chars(begin, end, number).ec == std::errc()) return number;
  }
  return text;
}

}  // namespace cresset::base
