#pragma once
// The members of a round as the status of a TrainingJob holds them: worker indices as ranges
// ("0-2,4-9") and one digest over the UIDs of their pods. The controller writes them, coordination
// holds the pods it sees against them, so that a pod is told its rank only when it is the very pod
// the round was made for. Pure values; any thread.

#include <map>
#include <string>
#include <vector>

#include "operator/base/result.h"
#include "operator/base/uid.h"

namespace cresset::worker_contract {

// Ascending indices: {0, 1, 2, 4} → "0-2,4"; {} → "".
std::string format_members(const std::vector<int>& indices);
// The inverse; indices come out ascending. Refuses overlaps and more than 10,000 members.
base::Result<std::vector<int>> parse_members(const std::string& text);
// "sha256:…" over the UIDs in the order of their index.
std::string members_digest(const std::map<int, base::Uid>& pods);

}  // namespace cresset::worker_contract
