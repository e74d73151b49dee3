#pragma once
// What a watch with initial events would have told when the cluster was at an older version: the
// list that has it, and its lines made of that list. Pure values; any thread.
//
//   answer = exchange(list_at(call, "41").target());  lines = stream_of(answer, "41");

#include <string>

#include "operator/base/json.h"
#include "tests/faults/call.h"

namespace cresset::faults {

// The same as a list that is just as old as `version`; of a watch, of what it watches.
Call list_at(Call call, const std::string& version);
// The initial events of a watch: all there was, and their end. Nothing when `list` is none.
std::string stream_of(const base::Json& list, const std::string& version);
// The watch that goes on there.
Call watch_from(Call call, const std::string& version);

}  // namespace cresset::faults
