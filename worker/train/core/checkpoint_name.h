#pragma once
// Names of checkpoints, `<step>-r<round>`, and which of them counts: the highest round first, in it
// the highest step, so that a writer left over from an older round can never win. Pure.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cresset::train {

struct CheckpointName {
  int64_t round = 0;
  int64_t step = 0;
  auto operator<=>(const CheckpointName&) const = default;  // round, then step
};

std::string to_string(const CheckpointName& name);
// Nothing for any other text.
std::optional<CheckpointName> parse_checkpoint_name(const std::string& text);

// Of a folder's listing: newest first, other names left out.
std::vector<CheckpointName> newest_first(const std::vector<std::string>& listing);
// Those to remove so that the `keep` newest stay.
std::vector<CheckpointName> superseded(const std::vector<std::string>& listing, int64_t keep);

}  // namespace cresset::train
