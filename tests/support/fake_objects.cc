#include "tests/support/fake_objects.h"

#include <algorithm>
#include <vector>

namespace cresset::testing {

namespace {

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// Splits at commas outside parentheses.
std::vector<std::string> terms(const std::string& selector) {
  std::vector<std::string> parts;
  std::string part;
  int depth = 0;
  for (const char c : selector) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == ',' && depth == 0) {
      parts.push_back(trimmed(part));
      part.clear();
    } else {
      part += c;
    }
  }
  if (!trimmed(part).empty()) parts.push_back(trimmed(part));
  return parts;
}

bool in_set(const std::string& term, size_t at, const std::string& value) {
  const size_t open = term.find('(', at);
  const auto items = terms(term.substr(open + 1, term.rfind(')') - open - 1));
  return std::find(items.begin(), items.end(), value) != items.end();
}

bool label_term(const base::Json& labels, const std::string& term) {
  const auto value_of = [&](const std::string& key) { return labels.value(key, ""); };
  if (const size_t at = term.find(" notin "); at != std::string::npos)
    return !in_set(term, at, value_of(trimmed(term.substr(0, at))));
  if (const size_t at = term.find(" in "); at != std::string::npos)
    return labels.contains(trimmed(term.substr(0, at))) &&
           in_set(term, at, value_of(trimmed(term.substr(0, at))));
  if (const size_t at = term.find("!="); at != std::string::npos)
    return value_of(trimmed(term.substr(0, at))) != trimmed(term.substr(at + 2));
  if (const size_t at = term.find('='); at != std::string::npos) {
    const std::string key = trimmed(term.substr(0, at));
    const size_t value = term.find_first_not_of('=', at);
    return labels.contains(key) &&
           value_of(key) == (value == std::string::npos ? "" : trimmed(term.substr(value)));
  }
  if (term[0] == '!') return !labels.contains(trimmed(term.substr(1)));
  return labels.contains(term);
}

}  // namespace

bool has_finalizers(const Json& object) {
  const Json* found = base::find(object, "/metadata/finalizers");
  return found != nullptr && !found->empty();
}

bool matches_labels(const base::Json& object, const std::string& selector) {
  const base::Json* found = base::find(object, "/metadata/labels");
  const base::Json labels = found != nullptr ? *found : base::Json::object();
  for (const auto& term : terms(selector))
    if (!label_term(labels, term)) return false;
  return true;
}

bool matches_fields(const base::Json& object, const std::string& selector) {
  for (const auto& term : terms(selector)) {
    const size_t equals = term.find('=');
    const bool differs = equals > 0 && term[equals - 1] == '!';
    std::string pointer = "/" + term.substr(0, differs ? equals - 1 : equals);
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    const std::string wanted = term.substr(term.find_first_not_of('=', equals));
    if ((base::text_at(object, pointer) == wanted) == differs) return false;
  }
  return true;
}

void remove_given_up(base::Json& object, const base::Json& before, const base::Json& now) {
  if (!object.is_object() || !before.is_object()) return;
  for (const auto& [key, value] : before.items()) {
    const auto found = object.find(key);
    if (found == object.end()) continue;
    if (!now.is_object() || !now.contains(key)) {
      if (!value.is_object() || value.empty()) {
        object.erase(key);
      } else {
        remove_given_up(*found, value, base::Json::object());
        if (found->empty()) object.erase(key);
      }
    } else {
      remove_given_up(*found, value, now.at(key));
    }
  }
}

}  // namespace cresset::testing
