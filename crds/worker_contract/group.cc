#include "crds/worker_contract/group.h"

#include <charconv>

#include "operator/base/digest.h"

namespace cresset::worker_contract {

namespace {

constexpr int kMaxMembers = 10000;

// The number at the front of `text`, which is cut off; -1 when there is none.
int take_number(std::string_view& text) {
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return -1;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

}  // namespace

std::string format_members(const std::vector<int>& indices) {
  std::string text;
  for (size_t i = 0; i < indices.size();) {
    size_t last = i;
    while (last + 1 < indices.size() && indices[last + 1] == indices[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(indices[i]);
    if (last > i) text += "-" + std::to_string(indices[last]);
    i = last + 1;
  }
  return text;
}

base::Result<std::vector<int>> parse_members(const std::string& text) {
  const auto refuse = [&] {
    return base::fail(
        base::invalid("members must be ascending ranges like \"0-2,4-9\" of at most " +
                      std::to_string(kMaxMembers) + ", found \"" + text.substr(0, 64) + "\""));
  };
  std::vector<int> indices;
  std::string_view rest = text;
  while (!rest.empty()) {
    const int first = take_number(rest);
    int last = first;
    if (rest.starts_with('-')) {
      rest.remove_prefix(1);
      last = take_number(rest);
    }
    const bool ascending = indices.empty() || first > indices.back();
    if (first < 0 || last < first || !ascending || last >= kMaxMembers) return refuse();
    for (int index = first; index <= last; ++index) indices.push_back(index);
    if (rest.empty()) break;
    if (!rest.starts_with(',') || rest.size() == 1) return refuse();
    rest.remove_prefix(1);
  }
  return indices;
}

std::string members_digest(const std::map<int, base::Uid>& pods) {
  std::string all;
  for (const auto& [index, uid] : pods) all += std::to_string(index) + "=" + uid.value() + "\n";
  return "sha256:" + base::sha256(all);
}

}  // namespace cresset::worker_contract
