#pragma once
// What a container gets for a variable's value, as the kubelet makes it (Kubernetes,
// third_party/forked/golang/expansion): $(NAME) is replaced by the variable of that name if there
// is one, $$ by $. Pure.

#include <map>
#include <string>

namespace cresset::testing {

inline std::string as_kubelet_expands(const std::string& value,
                                      const std::map<std::string, std::string>& variables) {
  std::string made;
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '$' || i + 1 == value.size()) {
      made += value[i];
    } else if (value[i + 1] == '$') {
      made += value[i++];
    } else if (const size_t end = value.find(')', i); value[i + 1] == '(' && end != value.npos) {
      const std::string name = value.substr(i + 2, end - i - 2);
      const auto found = variables.find(name);
      made += found == variables.end() ? "$(" + name + ")" : found->second;
      i = end;
    } else {
      made += value[i];
    }
  }
  return made;
}

}  // namespace cresset::testing
