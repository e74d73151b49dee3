#pragma once
// State that is divided over the ranks as one file of a checkpoint, and back: the same bytes
// however it is divided, so that a run goes on at another number of ranks. Rank 0 has the file, the
// others no more than their own tensors: tensors travel one by one, from the file's memory and into
// it, what goes to one rank alone from CPU to CPU. Functions; every rank calls them with the same
// names and shapes.
//
//   CRESSET_TRY(file, gather_state(state, group));  …  CRESSET_CHECK(scatter_state(file, state,
//   group));

#include <string>
#include <string_view>

#include "operator/base/result.h"
#include "worker/dist/process_group.h"
#include "worker/train/named_tensors.h"

namespace cresset::train {

// The file, on rank 0; "" on the others.
base::Result<std::string> gather_state(const NamedTensors& state, dist::ProcessGroup& group);

// `file`: rank 0's. What is everyone's reaches all, and what a rank owns reaches that rank. An
// error of the file is rank 0's; the others see the group fall apart.
base::Result<void> scatter_state(std::string_view file, const NamedTensors& state,
                                 dist::ProcessGroup& group);

}  // namespace cresset::train
