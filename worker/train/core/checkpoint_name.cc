#include "worker/train/core/checkpoint_name.h"

#include <algorithm>
#include <charconv>
#include <functional>

namespace cresset::train {

namespace {

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t number = -1;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number < 0) return std::nullopt;
  return number;
}

}  // namespace

std::string to_string(const CheckpointName& name) {
  return std::to_string(name.step) + "-r" + std::to_string(name.round);
}

std::optional<CheckpointName> parse_checkpoint_name(const std::string& text) {
  const auto dash = text.find("-r");
  if (dash == std::string::npos) return std::nullopt;
  const auto step = whole_number(std::string_view(text).substr(0, dash));
  const auto round = whole_number(std::string_view(text).substr(dash + 2));
  if (!step || !round) return std::nullopt;
  return CheckpointName{.round = *round, .step = *step};
}

std::vector<CheckpointName> newest_first(const std::vector<std::string>& listing) {
  std::vector<CheckpointName> names;
  for (const auto& text : listing)
    if (auto name = parse_checkpoint_name(text)) names.push_back(*name);
  std::sort(names.begin(), names.end(), std::greater<>());
  return names;
}

std::vector<CheckpointName> superseded(const std::vector<std::string>& listing, int64_t keep) {
  auto names = newest_first(listing);
  const auto kept =
      std::min<int64_t>(std::max<int64_t>(keep, 1), static_cast<int64_t>(names.size()));
  names.erase(names.begin(), names.begin() + kept);
  return names;
}

}  // namespace cresset::train
